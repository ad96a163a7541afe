// A key file's content: PEM as it is, or DER that is wrapped in PEM here, so that what lies below the base64
// can be reached.
//
//   1 byte   0: PEM follows; 1, 2: the DER of "PRIVATE KEY", "EC PRIVATE KEY"
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "worker/adapters/auth/es256.hpp"

namespace {

constexpr std::string_view place = "keys/app.p8";

std::string base64(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view three = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8U | (i < three.size() ? static_cast<std::uint8_t>(three[i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= three.size() ? letters[bits >> (18 - 6 * i) & 63U] : '=';
        }
        text += at / 3 % 16 == 15 ? "\n" : "";
    }
    return text;
}

std::string pem_around(std::string_view der, const std::string& label) {
    return "-----BEGIN " + label + "-----\n" + base64(der) + "\n-----END " + label + "-----\n";
}

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};

int no_passphrase(char*, int, int, void*) {
    return -1;
}

std::vector<std::uint8_t> from_base64url(std::string_view text) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::vector<std::uint8_t> bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char letter : text) {
        bits = bits << 6U | static_cast<std::uint32_t>(letters.find(letter));
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<std::uint8_t>(bits >> held));
        }
    }
    return bytes;
}

// With the public half that the file itself holds.
bool verifies(const std::string& pem, std::string_view token) {
    const std::unique_ptr<BIO, Free> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    const std::unique_ptr<EVP_PKEY, Free> key{
        PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)};
    const auto dot = token.rfind('.');
    const auto jose = from_base64url(token.substr(dot + 1));
    if (!key || jose.size() != 64) {
        return false;
    }
    const std::unique_ptr<ECDSA_SIG, Free> signature{ECDSA_SIG_new()};
    ECDSA_SIG_set0(
        signature.get(), BN_bin2bn(jose.data(), 32, nullptr), BN_bin2bn(jose.data() + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int der_bytes = i2d_ECDSA_SIG(signature.get(), &der);
    const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
    const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
                      EVP_DigestVerify(
                          context.get(), der, static_cast<std::size_t>(der_bytes),
                          reinterpret_cast<const unsigned char*>(token.data()), dot) == 1;
    OPENSSL_free(der);
    ERR_clear_error();
    return good;
}

// Sentences are made of our words and of OpenSSL's names of key types and curves.
void check_problem(const std::string& message, std::string_view pem) {
    INVARIANT(message.starts_with(place), "a problem starts with the file's path");
    INVARIANT(message.find_first_of("\n\r") == std::string::npos, "a problem is one line");
    constexpr std::size_t glimpse = 24;
    for (std::size_t at = 0; at + glimpse <= pem.size(); ++at) {
        const std::string_view part = pem.substr(at, glimpse);
        const bool label = part.find_first_of(" -") != std::string_view::npos;
        INVARIANT(label || message.find(part) == std::string::npos, "a problem shows nothing of the file");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    const std::uint8_t form = input.byte();
    const std::string_view rest = input.rest();
    const std::string pem = form == 1   ? pem_around(rest, "PRIVATE KEY")
                            : form == 2 ? pem_around(rest, "EC PRIVATE KEY")
                                        : std::string{rest};
    const auto key = auth::SigningKey::from_pem(common::Secret{pem}, place);
    if (key) {
        const common::Secret token = key->sign("{}", "{}");
        INVARIANT(verifies(pem, token.expose()), "a key that was taken signs what its public half verifies");
    } else {
        check_problem(key.error().message, pem);
    }
    INVARIANT(ERR_peek_error() == 0, "OpenSSL's queue of errors is left empty for the next TLS call");
    const auto signature = auth::jose_signature({bytes, size});
    INVARIANT(!signature || size <= 80, "a signature is short");
    INVARIANT(ERR_peek_error() == 0, "OpenSSL's queue of errors is left empty for the next TLS call");
    return 0;
}
