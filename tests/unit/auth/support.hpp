// Keys, files and a verifier for the tests of adapters/auth. The verifier shares no code with the signer: it
// takes the 64 bytes of a JOSE signature apart by hand and writes its own DER.
#pragma once

#include <openssl/evp.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/secret.hpp"
#include "common/time.hpp"

namespace testing {

using Bytes = std::vector<std::uint8_t>;

struct FreeKey {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

[[nodiscard]] Key ec_key(const char* curve = "P-256");
[[nodiscard]] Key rsa_key();
// The key of RFC 7515 appendix A.3.
[[nodiscard]] Key rfc7515_key();

[[nodiscard]] std::string private_pem(EVP_PKEY* key);  // PKCS#8, like Apple's .p8
// The one's secret half and the other's public half.
[[nodiscard]] std::string mixed_pem(EVP_PKEY* secret, EVP_PKEY* shown);
[[nodiscard]] std::string encrypted_pem(EVP_PKEY* key);
[[nodiscard]] std::string public_pem(EVP_PKEY* key);

[[nodiscard]] Bytes from_base64url(std::string_view text);
// SEQUENCE { INTEGER r, INTEGER s } of r || s.
[[nodiscard]] Bytes der_of(const Bytes& jose);
[[nodiscard]] bool verifies(EVP_PKEY* key, std::string_view jwt);

struct Jwt {
    std::string signing_input;
    std::string header;
    std::string claims;
    Bytes signature;
};
[[nodiscard]] Jwt take_apart(std::string_view jwt);

// A directory that vanishes with its content.
class TempDir {
public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();
    [[nodiscard]] std::string path(std::string_view name) const;
    std::string write(
        std::string_view name, std::string_view content) const;  // mode 0400, replaced as a whole

private:
    std::filesystem::path path_;
};

[[nodiscard]] inline common::Now at(std::chrono::milliseconds since_start) {
    return {
        common::Instant{since_start},
        common::WallTime{std::chrono::milliseconds{1'800'000'000'000}} + since_start};
}

}  // namespace testing
