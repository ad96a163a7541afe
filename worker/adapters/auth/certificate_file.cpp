#include "worker/adapters/auth/certificate_file.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <chrono>
#include <ctime>
#include <memory>

namespace auth {

std::optional<common::WallTime> certificate_ends(const std::string& path) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> file{BIO_new_file(path.c_str(), "r"), &BIO_free};
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{
        file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free};
    ERR_clear_error();
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
        return std::nullopt;
    }
    return common::WallTime{std::chrono::seconds{::timegm(&end)}};
}

}  // namespace auth
