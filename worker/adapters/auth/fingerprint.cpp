#include "worker/adapters/auth/fingerprint.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/auth/key_file.hpp"

namespace auth {
namespace {

constexpr std::size_t key_bytes_min = 16;
constexpr std::size_t shown_bytes = 16;

}  // namespace

struct Fingerprinter::Mac {
    struct Free {
        void operator()(EVP_MAC_CTX* mac) const noexcept { EVP_MAC_CTX_free(mac); }
    };
    std::unique_ptr<EVP_MAC_CTX, Free> context;
};

common::Result<Fingerprinter> Fingerprinter::from_file(const std::string& path) {
    const auto content = read_secret_file(path);
    if (!content) {
        return content.error();
    }
    std::string_view key = content->text.expose();
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) {
        key.remove_suffix(1);
    }
    if (key.size() < key_bytes_min) {
        return common::Error{fmt::format(
            "{}: {} bytes are too few for a fingerprint key (at least {}); make one: openssl rand -hex 32",
            path, key.size(), key_bytes_min)};
    }
    return with_key(common::Secret{std::string{key}});
}

Fingerprinter Fingerprinter::with_random_key() {
    std::string key(32, '\0');
    INVARIANT(
        RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) == 1,
        "the kernel gives random bytes");
    return with_key(common::Secret{std::move(key)});
}

Fingerprinter Fingerprinter::with_key(const common::Secret& key) {
    auto mac = std::make_shared<Mac>();
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    mac->context.reset(EVP_MAC_CTX_new(algorithm));
    EVP_MAC_free(algorithm);  // the context keeps its own reference
    std::string digest = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    INVARIANT(
        mac->context && EVP_MAC_init(
                            mac->context.get(), reinterpret_cast<const unsigned char*>(key.expose().data()),
                            key.expose().size(), parameters.data()) == 1,
        "OpenSSL has HMAC-SHA256");
    return Fingerprinter{std::move(mac)};
}

std::string Fingerprinter::operator()(std::string_view text) const {
    EVP_MAC_CTX* context = mac_->context.get();
    std::array<unsigned char, 32> digest{};
    std::size_t bytes = 0;
    // Without a key, init starts again with the one that is prepared already.
    INVARIANT(
        EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
            EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1 &&
            EVP_MAC_final(context, digest.data(), &bytes, digest.size()) == 1 && bytes == digest.size(),
        "HMAC-SHA256 takes any bytes");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * shown_bytes);
    for (std::size_t at = 0; at < shown_bytes; ++at) {
        hex.push_back(digits[digest[at] >> 4U]);
        hex.push_back(digits[digest[at] & 15U]);
    }
    return hex;
}

}  // namespace auth
