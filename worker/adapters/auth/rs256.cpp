#include "worker/adapters/auth/rs256.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "worker/adapters/auth/openssl.hpp"

namespace auth {
namespace {

using Number = Owned<BIGNUM, BN_free>;
using ParameterList = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using ParameterBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using PublicKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number number(std::string_view big_endian) {
    return Number{BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr)};
}

PublicKey public_key(const core::RsaKey& key) {
    const Number modulus = number(key.modulus);
    const Number exponent = number(key.exponent);
    const ParameterBuilder builder{OSSL_PARAM_BLD_new()};
    if (!modulus || !exponent || !builder ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
        return nullptr;
    }
    const ParameterList parameters{OSSL_PARAM_BLD_to_param(builder.get())};
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
    EVP_PKEY* made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return PublicKey{made};
}

bool verifies(EVP_PKEY* key, std::string_view signed_text, std::string_view signature) {
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* options = nullptr;  // the digest context's own
    return context && EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1 &&
           EVP_DigestVerify(
               context.get(), bytes_of(signature), signature.size(), bytes_of(signed_text),
               signed_text.size()) == 1;
}

}  // namespace

bool rs256_verifies(const core::RsaKey& key, std::string_view signed_text, std::string_view signature) {
    const PublicKey made = public_key(key);
    const bool right = made && verifies(made.get(), signed_text, signature);
    // The queue of errors belongs to the thread and would be blamed on the next TLS call.
    ERR_clear_error();
    return right;
}

}  // namespace auth
