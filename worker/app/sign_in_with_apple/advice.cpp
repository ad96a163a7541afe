#include "worker/app/sign_in_with_apple/advice.hpp"

#include <fmt/format.h>

#include <array>

namespace app::identity {
namespace {

using core::IdentityError;

constexpr std::array<std::string_view, 3> request_causes{
    "the person withdrew consent for this client: Apple answers so instead of invalid_grant",
    "the token is of the other kind than said (--kind)",
    "something between us and Apple changed the form: content type, a parameter twice or missing",
};
constexpr std::array<std::string_view, 6> client_causes{
    "the key: it must be a Sign in with Apple key of this team, enabled for this client's primary App ID, "
    "and "
    "not revoked; compare its id and file",
    "team_id: it is the iss of the client secret",
    "client_id: App ID for tokens of native apps, Services ID for those of websites, as the authorization "
    "used "
    "it, with case and without the team's prefix",
    "our clock: Apple judges iat and exp by its own (doctor compares them)",
    "redirect URI: not the one of the authorization, or not registered",
    "the token is an identity token: only refresh and access tokens can be revoked",
};
constexpr std::array<std::string_view, 4> code_causes{
    "the code was used before: it works once, whatever came back the first time",
    "the code is older than five minutes",
    "the code was issued to another client: a native app's belongs to its App ID, a website's to its "
    "Services ID",
    "redirect URI: not the one of the authorization",
};
constexpr std::array<std::string_view, 3> token_causes{
    "the session is over: the person withdrew consent, changed the password of the Apple Account, or the "
    "token "
    "was revoked",
    "the token was issued to another client",
    "it is not a refresh token but an access or identity token, or a code",
};
constexpr std::array<std::string_view, 1> unauthorized_causes{
    "the client may not use this grant: enable Sign in with Apple for it in the Apple Developer account"};
constexpr std::array<std::string_view, 1> grant_type_causes{
    "something between us and Apple changed the form: we send only documented grant types"};
constexpr std::array<std::string_view, 1> scope_causes{
    "scopes are asked for when a person authorizes, not here: something changed the form"};

}  // namespace

Advice advice(Question question, IdentityError error) noexcept {
    switch (error) {
        case IdentityError::invalid_request:
            return {"Apple does not accept the request", request_causes};
        case IdentityError::invalid_client:
            return {"Apple does not accept the client or its secret", client_causes};
        case IdentityError::invalid_grant:
            if (question == Question::exchange) {
                return {"the code is not valid for this client", code_causes};
            }
            return {"the token is not valid for this client", token_causes};
        case IdentityError::unauthorized_client:
            return {"the client may not do this", unauthorized_causes};
        case IdentityError::unsupported_grant_type:
            return {"Apple does not know the grant type", grant_type_causes};
        case IdentityError::invalid_scope:
            return {"Apple does not accept a scope", scope_causes};
        case IdentityError::unknown:
            break;
    }
    return {"an error that Apple does not document", {}};
}

std::string without_error(int status) {
    const auto said = [status](std::string_view sentence) {
        return fmt::format("answer {} without a word of Apple's: {}", status, sentence);
    };
    if (status >= 300 && status < 400) {
        return said("a redirect, which is never followed with a secret; check sign_in_with_apple.endpoint");
    }
    if (status == 429) {
        return said("a pause is asked for, and nothing is known; ask again later");
    }
    if (status >= 500) {
        return said("the service is not well, and nothing is known; ask again later");
    }
    return said(
        "hardly Apple's identity service; check sign_in_with_apple.endpoint and what stands between: a "
        "proxy, a gateway");
}

std::string causes_text(const Advice& advice) {
    std::string text;
    for (std::size_t at = 0; at < advice.causes.size(); ++at) {
        text += text.empty() ? "Likely causes, in this order:" : "";
        text += fmt::format("\n{}. {}", at + 1, advice.causes[at]);
    }
    return text;
}

}  // namespace app::identity
