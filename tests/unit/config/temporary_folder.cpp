#include "tests/unit/config/temporary_folder.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

namespace test {

const std::string& pem_key() {
    static const std::string pem = [] {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        BIO* memory = BIO_new(BIO_s_mem());
        PEM_write_bio_PKCS8PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(memory, &bytes);
        std::string text{bytes, static_cast<std::size_t>(size)};
        BIO_free(memory);
        EVP_PKEY_free(key);
        return text;
    }();
    return pem;
}

}  // namespace test
