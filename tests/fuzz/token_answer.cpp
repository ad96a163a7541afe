// The bodies of Apple's identity service: a TokenResponse and an ErrorResponse.
#include <string_view>

#include "common/invariant.hpp"
#include "tests/fuzz/identity_promises.hpp"
#include "worker/core/identity/token_response.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view body{reinterpret_cast<const char*>(bytes), size};
    if (const auto tokens = core::read_token_response(body)) {
        INVARIANT(!tokens->access_token.empty(), "an access token is there");
        INVARIANT(
            !tokens->refresh_token || !tokens->refresh_token->empty(), "a refresh token is there or not");
        INVARIANT(!tokens->id_token || !tokens->id_token->empty(), "an identity token is there or not");
        INVARIANT(
            !tokens->expires_in ||
                (tokens->expires_in->count() >= 0 && tokens->expires_in->count() <= 1'000'000'000),
            "a lifetime can be added to any time");
    } else {
        fuzz::check_sentence(tokens.error().message);
    }
    if (const auto error = core::read_error_response(body)) {
        INVARIANT(!core::identity_error_name(error->error).empty(), "every error has a name");
        INVARIANT(error->description.size() <= 500, "a description is bounded");
    } else {
        fuzz::check_sentence(error.error().message);
    }
    return 0;
}
