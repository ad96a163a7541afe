// A compact JWS as somebody forwards it, whole: header, payload and signature are the fuzzer's.
#include <string>
#include <string_view>
#include <variant>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "tests/fuzz/identity_promises.hpp"
#include "worker/core/identity/signed_token.hpp"

namespace {

std::string encoded(std::string_view bytes) {
    std::string text;
    common::append_base64url(text, bytes);
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(bytes), size};
    const auto read = core::read_compact_jws(text);
    const auto token = core::read_signed_token(text);
    if (const auto* problem = std::get_if<core::IdentityProblem>(&read)) {
        fuzz::check_problem(*problem);
        INVARIANT(std::holds_alternative<core::IdentityProblem>(token), "what is no JWS is no token");
        return 0;
    }
    const auto& jws = std::get<core::CompactJws>(read);
    const std::string_view signed_text = jws.signed_text.expose();
    INVARIANT(
        std::string{signed_text} + "." + encoded(jws.signature) == text,
        "what was signed and the signature are the text, to the character");
    INVARIANT(
        signed_text.substr(signed_text.find('.') + 1) == encoded(jws.payload.expose()),
        "one payload has one spelling");
    INVARIANT(!jws.header.algorithm.empty() && !jws.signature.empty(), "nothing unsigned is taken");
    if (const auto* problem = std::get_if<core::IdentityProblem>(&token)) {
        fuzz::check_problem(*problem);
        INVARIANT(jws.header.algorithm != "RS256" || !jws.header.key_id, "RS256 with a key id is taken");
    } else {
        INVARIANT(jws.header.algorithm == "RS256", "nothing but RS256 is taken");
        INVARIANT(std::get<core::UnverifiedToken>(token).key_id == jws.header.key_id, "it names its key");
    }
    return 0;
}
