#include "worker/adapters/http2/url.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace std::string_view_literals;

TEST_CASE("url: what a base URL may be") {
    struct Row {
        const char* because;
        std::string_view text;
        const char* want;  // authority, path; "" when refused
    };
    const Row rows[] = {
        {"Apple's host", "https://api.storekit.itunes.apple.com", "api.storekit.itunes.apple.com "},
        {"a slash at the end says nothing", "https://apple.test/", "apple.test "},
        {"a port", "https://apple.test:8443", "apple.test:8443 "},
        {"the usual port is left out", "https://apple.test:443", "apple.test "},
        {"a path", "https://apple.test/a/b/", "apple.test /a/b"},
        {"upper case is folded", "https://Apple.TEST", "apple.test "},
        {"IPv4", "https://127.0.0.1:9", "127.0.0.1:9 "},
        {"IPv6 keeps its brackets", "https://[::1]:9/x", "[::1]:9 /x"},
        {"no TLS", "http://apple.test", ""},
        {"no scheme", "apple.test", ""},
        {"no host", "https://", ""},
        {"no host but a port", "https://:1", ""},
        {"a user", "https://me@apple.test", ""},
        {"a query", "https://apple.test/?a=b", ""},
        {"a fragment", "https://apple.test/#a", ""},
        {"port 0", "https://apple.test:0", ""},
        {"port too large", "https://apple.test:65536", ""},
        {"an empty port", "https://apple.test:", ""},
        {"a port that is no number", "https://apple.test:1x", ""},
        {"an unclosed bracket", "https://[::1", ""},
        {"brackets around a name", "https://[apple.test]", ""},
        {"something after the bracket", "https://[::1]x", ""},
        {"IPv6 without brackets", "https://::1", ""},
        {"a space", "https://apple .test", ""},
        {"a line break in the path", "https://apple.test/a\r\nb", ""},
        {"two dots", "https://apple..test", ""},
        {"a NUL in a name", "https://apple\0.test"sv, ""},
        // inet_pton() reads up to the NUL, so that "::1" was taken and the rest went into :authority.
        {"a NUL after an address in brackets", "https://[::1\0x]:442"sv, ""},
        {"a NUL in the path", "https://apple.test/a\0b"sv, ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto url = adapters::http2::parse_url(row.text);
            CHECK((url ? url->authority() + " " + url->path_prefix : std::string{}) == row.want);
        }
    }
}
