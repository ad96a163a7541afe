// The bearer JWTs of every configured app, from key files that may change while the worker runs.
//
// A token is signed once and reused until three quarters of its life are over, so a refusal because of age
// never happens. Of the keys of an app, the first one listed that can be read signs; when Apple refuses its
// token and there is another key, renew() turns to that one. So a new key is put before the old one, and
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
#include <vector>

#include "worker/core/engine/effect.hpp"
#include "worker/ports/credentials.hpp"

namespace auth {

struct KeySettings {
    std::string id;    // `kid`
    std::string path;  // of the .p8 file
};

inline constexpr std::chrono::seconds token_lifetime_min{120};
inline constexpr std::chrono::seconds token_lifetime_max{3600};  // Apple refuses what lives longer
// Tokens are issued this far in the past, so that a clock that runs ahead a little does no harm.
inline constexpr std::chrono::seconds back_dated{60};

struct AppCredential {
    std::string app;  // its name in the configuration, for log lines
    std::string issuer_id;
    std::string bundle_id;
    std::vector<KeySettings> keys;                             // one or more, the newest first
    std::chrono::seconds lifetime = std::chrono::minutes{20};  // from iat to exp, within the bounds above
};

struct CredentialStatus {
    std::string_view app;
    std::size_t keys_usable = 0;
    // Until the cached token is signed again; none when nothing is cached.
    std::optional<common::Duration> resigns_in;
};

class BearerTokens final : public ports::Credentials {
public:
    // `apps` in the order of core::Settings::apps. Reads the key files; one that cannot be read is said, not
    // thrown: it may appear later.
    BearerTokens(std::vector<AppCredential> apps, std::function<void(core::Say)> say, common::Now now);
    ~BearerTokens() override;
    BearerTokens(const BearerTokens&) = delete;
    BearerTokens& operator=(const BearerTokens&) = delete;

    [[nodiscard]] common::Result<const common::Secret*> authorization(
        core::AppId app, common::Now now) override;

    // Without a token since the last renew() nothing happens: many refusals of one token turn the key once.
    void renew(core::AppId app) override;

    // Looks at the key files, at most once a second.
    void collect(common::Now now, std::vector<core::Input>& inputs) override;

    [[nodiscard]] std::vector<CredentialStatus> status(common::Now now) const;

private:
    class App;

    bool look_at_keys(App& app, common::Now now);

    std::vector<std::unique_ptr<App>> apps_;
    std::function<void(core::Say)> say_;
    common::Instant next_look_;
};

// What is wrong with a key file, for a configuration check; none when it can sign.
[[nodiscard]] std::optional<std::string> key_file_problem(const std::string& path);

}  // namespace auth
