#include "worker/adapters/auth/ca_file.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <memory>

namespace auth {

std::optional<std::string> ca_file_problem(const std::string& path) {
    const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store{X509_STORE_new(), &X509_STORE_free};
    ERR_clear_error();
    if (store && X509_STORE_load_file(store.get(), path.c_str()) == 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    // The first error is what happened, later ones who was told.
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return fmt::format(
        "'{}' holds a certificate that cannot be loaded: {}", path,
        reason == nullptr ? "OpenSSL does not say why" : reason);
}

}  // namespace auth
