#include "worker/core/identity/compact_jws.hpp"

#include <doctest/doctest.h>

#include "support.hpp"
#include "worker/core/identity/signed_token.hpp"

using testing::jws;
using testing::part;

namespace {

// The code of the problem, or "" when the text is taken.
template <class Read>
std::string code(const Read& read) {
    const auto* problem = std::get_if<core::IdentityProblem>(&read);
    return problem == nullptr ? std::string{} : std::string{problem->code.code};
}

}  // namespace

TEST_CASE("a compact JWS is taken apart into what was signed and what it says") {
    const std::string text = jws(R"({"alg":"RS256","kid":"86D88Kf","typ":"JWT","x":[1]})", "{\"a\":1}", "s");
    const auto read = core::read_compact_jws(text);
    REQUIRE(std::holds_alternative<core::CompactJws>(read));
    const auto& token = std::get<core::CompactJws>(read);
    CHECK(token.header.algorithm == "RS256");
    CHECK(token.header.key_id == "86D88Kf");
    CHECK(token.header.type == "JWT");
    CHECK(token.signed_text.expose() == text.substr(0, text.rfind('.')));
    CHECK(token.payload.expose() == "{\"a\":1}");
    CHECK(token.signature == "s");
}

TEST_CASE("a compact JWS is refused unless it is written exactly as RFC 7515 has it") {
    const std::string header = part(R"({"alg":"RS256"})");
    struct Row {
        const char* because;
        std::string text;
        std::string_view code;
    };
    const Row rows[] = {
        {"this one is right", header + ".e30.c2ln", ""},
        {"an empty payload is a payload", header + "..c2ln", ""},
        {"nothing", "", "malformed_jws"},
        {"no dot", "abc", "malformed_jws"},
        {"two parts", header + ".e30", "malformed_jws"},
        {"four parts", header + ".e30.c2ln.c2ln", "malformed_jws"},
        {"five parts are an encrypted token", header + ".a.b.c.d", "malformed_jws"},
        {"no header", ".e30.c2ln", "malformed_jws"},
        {"no signature, as alg none has it", header + ".e30.", "malformed_jws"},
        {"padding", header + ".e30=.c2ln", "malformed_jws"},
        {"the other alphabet", header + ".e+/0.c2ln", "malformed_jws"},
        {"a blank in front", " " + header + ".e30.c2ln", "malformed_jws"},
        {"a line end behind", header + ".e30.c2ln\n", "malformed_jws"},
        {"left-over bits that are not zero", header + ".e31.c2lv\x01", "malformed_jws"},
        {"a length that no bytes have", header + ".e30.c2lnx", "malformed_jws"},
        {"the header is no JSON", part("alg=RS256") + ".e30.c2ln", "malformed_jws"},
        {"the header is no object", part("[]") + ".e30.c2ln", "malformed_jws"},
        {"the header is not UTF-8", part("{\"alg\":\"\xFF\"}") + ".e30.c2ln", "malformed_jws"},
        {"the header has no alg", part("{}") + ".e30.c2ln", "malformed_jws"},
        {"alg is a number", part(R"({"alg":256})") + ".e30.c2ln", "malformed_jws"},
        {"kid is a list", part(R"({"alg":"RS256","kid":["a"]})") + ".e30.c2ln", "malformed_jws"},
        {"alg twice", part(R"({"alg":"none","alg":"RS256"})") + ".e30.c2ln", "malformed_jws"},
        {"an extension that must be understood",
         part(R"({"alg":"RS256","crit":["b64"],"b64":false})") + ".e30.c2ln", "malformed_jws"},
        {"longer than the bound", header + "." + std::string(core::jws_bytes_max, 'A') + ".c2ln",
         "malformed_jws"},
        {"nested beyond the bound",
         part(R"({"alg":"RS256","x":)" + std::string(40, '[') + std::string(40, ']') + "}") + ".e30.c2ln",
         "malformed_jws"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(code(core::read_compact_jws(row.text)) == row.code);
        }
    }
}

TEST_CASE("a signed token of Apple's is RS256 and names its key, whatever else its header offers") {
    struct Row {
        const char* because;
        std::string_view header;
        std::string_view code;
    };
    const Row rows[] = {
        {"RS256 with a kid", R"({"kid":"K1","alg":"RS256"})", ""},
        {"none", R"({"kid":"K1","alg":"none"})", "unsupported_algorithm"},
        {"HS256, with the public key as its secret", R"({"kid":"K1","alg":"HS256"})",
         "unsupported_algorithm"},
        {"ES256", R"({"kid":"K1","alg":"ES256"})", "unsupported_algorithm"},
        {"PS256 is another padding", R"({"kid":"K1","alg":"PS256"})", "unsupported_algorithm"},
        {"rs256 is not its name", R"({"kid":"K1","alg":"rs256"})", "unsupported_algorithm"},
        {"no kid", R"({"alg":"RS256"})", "missing_key_id"},
        {"a null kid", R"({"alg":"RS256","kid":null})", "missing_key_id"},
        {"an empty kid", R"({"alg":"RS256","kid":""})", "malformed_jws"},
        {"a key in the header is not looked at", R"({"kid":"K1","alg":"RS256","jwk":{},"jku":"x"})", ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(code(core::read_signed_token(jws(row.header, "{}"))) == row.code);
        }
    }
}
