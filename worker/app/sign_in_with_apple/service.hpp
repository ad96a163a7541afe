// Apple's identity service, asked one question at a time, for a person or a script. Each question blocks
// until it is answered or the configured request timeout has passed, and is asked once: whoever asked decides
// about another time, since an authorization code can be used only once.
//
// Ownership: the configuration must outlive it.
// Threads:   one.
// Secrets:   codes, tokens and client secrets go into the request's body and nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/result.hpp"
#include "common/secret.hpp"
#include "worker/app/config/config.hpp"
#include "worker/core/identity/key_set.hpp"
#include "worker/core/identity/token_response.hpp"

namespace app::identity {

// A JWT for the form field client_secret. Error: no key can be read; names the files.
[[nodiscard]] common::Result<common::Secret> client_secret(const ClientConfig& client);

// Apple answered, and not with what was asked for.
struct Refused {
    int status = 0;
    std::optional<core::ErrorResponse> said;  // none: the body is not an ErrorResponse
};
// Nobody answered, or the answer cannot be read; a sentence.
struct NoAnswer {
    std::string why;
};

template <class Answer>
using Reply = std::variant<Answer, Refused, NoAnswer>;

struct Revoked {};

struct FetchedKeys {
    core::KeySet set;
    std::string document;  // as Apple sent it
};

class Service {
public:
    // Over HTTP/1.1, through apple.proxy and with apple.ca_file where they are set. Error: an endpoint or a
    // file that cannot be used.
    [[nodiscard]] static common::Result<std::unique_ptr<Service>> create(const Config& config);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    // `redirect_uri` is needed when the authorization request had one.
    [[nodiscard]] Reply<core::TokenResponse> exchange(
        const ClientConfig& client, const common::Secret& code, const std::string& redirect_uri);
    [[nodiscard]] Reply<core::TokenResponse> refresh(
        const ClientConfig& client, const common::Secret& refresh_token);

    enum class Kind : std::uint8_t { refresh_token, access_token, untold };
    // Revoked also when the token was not valid before, or never was: Apple answers both alike.
    [[nodiscard]] Reply<Revoked> revoke(const ClientConfig& client, const common::Secret& token, Kind kind);

    [[nodiscard]] Reply<FetchedKeys> keys();

    // Apple's clock minus ours, once it answered with a Date.
    [[nodiscard]] std::optional<common::Duration> skew() const;

private:
    struct Parts;
    explicit Service(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace app::identity
