// The JWTs by which we call Apple's two APIs, from key files that may change while the worker runs.
//
// A JWT is signed once and reused until three quarters of its life are over, so a refusal because of age
// never happens. Of the keys of a credential, the first one listed that can be read signs; when Apple refuses
// its JWT and there is another key, renew() turns to that one. So a new key is put before the old one, and
// either may be taken away without a pause.
//
// Ownership: owns keys and tokens; both are wiped when they die.
// Threads:   one thread, the loop's. `say` is called on it, from the constructor on.
// Errors:    an unusable key file is said (at once, then once a minute) with path, problem and remedy, and
//            read again each second. The last good key stays in use.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "worker/adapters/auth/es256.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/ports/credentials.hpp"

namespace auth {

struct KeySettings {
    std::string id;    // `kid`
    std::string path;  // of the .p8 file
};

inline constexpr std::chrono::seconds token_lifetime_min{120};
inline constexpr std::chrono::seconds token_lifetime_max{3600};  // Apple refuses bearers that live longer
inline constexpr std::chrono::seconds secret_lifetime_max{15'777'000};  // and client secrets: six months
// JWTs are issued this far in the past, so that a clock that runs ahead a little does no harm.
inline constexpr std::chrono::seconds back_dated{60};

// Who calls the Automatic Sign-In API: the JWT goes into a header, "Bearer <JWT>".
struct AppIdentity {
    std::string issuer_id;
    std::string bundle_id;
};
// Who calls the Sign in with Apple API: the JWT goes into the form as it is (`client_secret`).
struct ClientIdentity {
    std::string team_id;
    std::string client_id;
};

struct Credential {
    std::string name;  // in the configuration, for log lines: of the app, or the client id
    std::variant<AppIdentity, ClientIdentity> identity;
    std::vector<KeySettings> keys;                             // one or more, the newest first
    std::chrono::seconds lifetime = std::chrono::minutes{20};  // from iat to exp, within the bounds above
};

struct CredentialStatus {
    std::string_view name;
    std::size_t keys_usable = 0;
    // Key files of which the last look found none, though one read before may sign on: a restart would not.
    std::size_t files_unusable = 0;
    // Which key of the list signs, from 1; 0: none can. Beyond 1: those before it are unreadable, or Apple
    // refused what they signed.
    std::size_t key_place = 0;
    // When that key was read from its file; none: never.
    std::optional<common::WallTime> key_read{};
    // Until the cached JWT is signed again; none when nothing is cached.
    std::optional<common::Duration> resigns_in{};
};

class SignedCredentials final : public ports::Credentials {
public:
    // A credential is meant by its place in the list. Reads the key files; one that cannot be read is said,
    // not thrown: it may appear later.
    SignedCredentials(
        std::vector<Credential> credentials, std::function<void(core::Say)> say, common::Now now);
    ~SignedCredentials() override;
    SignedCredentials(const SignedCredentials&) = delete;
    SignedCredentials& operator=(const SignedCredentials&) = delete;

    [[nodiscard]] common::Result<const common::Secret*> authorization(
        core::CredentialId app, common::Now now) override;

    // Without a JWT since the last renew() nothing happens: many refusals of one JWT turn the key once.
    void renew(core::CredentialId app) override;

    // Looks at the key files, at most once a second.
    void collect(common::Now now, std::vector<core::Input>& inputs) override;

    [[nodiscard]] std::vector<CredentialStatus> status(common::Now now) const;

private:
    class Signer;

    bool look_at_keys(Signer& signer, common::Now now);

    std::vector<std::unique_ptr<Signer>> signers_;
    std::function<void(core::Say)> say_;
    common::Instant next_look_;
};

// What is wrong with a key file, for a configuration check; none when it can sign. `which_key` as for
// SigningKey::from_pem().
[[nodiscard]] std::optional<std::string> key_file_problem(
    const std::string& path, std::string_view which_key = in_app_purchase_key);

}  // namespace auth
