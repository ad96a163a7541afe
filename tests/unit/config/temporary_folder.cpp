#include "tests/unit/config/temporary_folder.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <functional>

namespace test {

namespace {

std::string written(const std::function<void(BIO*)>& write) {
    BIO* memory = BIO_new(BIO_s_mem());
    write(memory);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    std::string text{bytes, static_cast<std::size_t>(size)};
    BIO_free(memory);
    return text;
}

}  // namespace

const std::string& pem_key() {
    static const std::string pem = [] {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        std::string text = written([&](BIO* memory) {
            PEM_write_bio_PKCS8PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
        });
        EVP_PKEY_free(key);
        return text;
    }();
    return pem;
}

const std::string& pem_certificate() {
    static const std::string pem = [] {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_sign(certificate, key, EVP_sha256());
        std::string text = written([&](BIO* memory) { PEM_write_bio_X509(memory, certificate); });
        X509_free(certificate);
        EVP_PKEY_free(key);
        return text;
    }();
    return pem;
}

}  // namespace test
