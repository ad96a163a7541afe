#include "worker/adapters/auth/certificate_file.hpp"

#include <doctest/doctest.h>

#include "tests/unit/auth/support.hpp"

namespace {

// Ends 2026-12-01 02:07:45 UTC.
constexpr std::string_view certificate = R"(-----BEGIN CERTIFICATE-----
MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjARMQ8wDQYDVQQDDAZ3b3JrZXIw
HhcNMjYxMTMwMDIwNzQ1WhcNMjYxMjAxMDIwNzQ1WjARMQ8wDQYDVQQDDAZ3b3Jr
ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQrsX1IsawVbEY6HfUJNKZuzMEl
7CkeMw3SFbKI0Zhs9WuXWIX1e132ZZEqQXy1kOvQE9oBn9AbXNV231ttuHhRo1Mw
UTAdBgNVHQ4EFgQUe4blL+77vtpcpTLPQxVvDxV5rvswHwYDVR0jBBgwFoAUe4bl
L+77vtpcpTLPQxVvDxV5rvswDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNI
ADBFAiBJYtKheDO7a3hBWp/NEUZ/m8rBRT3aDK8E361i4t6aMAIhANUQN0KI+zVC
V8S146pYzTisQxzqXwJzvvmc7p4MJ98d
-----END CERTIFICATE-----
)";

}  // namespace

TEST_CASE("a certificate's end is told, that of the first one in the file; what cannot be read has none") {
    const testing::TempDir dir;
    const common::WallTime end{std::chrono::seconds{1796090865}};
    CHECK(auth::certificate_ends(dir.write("one.pem", certificate)) == end);
    CHECK(auth::certificate_ends(dir.write("chain.pem", std::string{certificate} + "more")) == end);
    CHECK_FALSE(auth::certificate_ends(dir.write("other.pem", "no certificate")));
    CHECK_FALSE(auth::certificate_ends(dir.write("cut.pem", certificate.substr(0, 200))));
    CHECK_FALSE(auth::certificate_ends(dir.path("missing.pem")));
}
