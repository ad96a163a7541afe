#include "worker/dev/apple/certificates.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "worker/dev/apple/openssl.hpp"

namespace dev {
namespace {

std::string pem_of(const std::function<int(BIO*)>& write) {
    const BioPtr memory{BIO_new(BIO_s_mem())};
    if (!memory || write(memory.get()) != 1) {
        return {};
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string private_pem(EVP_PKEY* key) {
    return pem_of([key](BIO* to) {
        return PEM_write_bio_PKCS8PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

std::string certificate_pem(X509* certificate) {
    return pem_of([certificate](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

bool extend(X509* certificate, X509* issuer, int extension, const std::string& text) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const X509ExtensionPtr made{X509V3_EXT_conf_nid(nullptr, &context, extension, text.c_str())};
    return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

// An unsigned certificate with what every one of ours has.
X509Ptr blank(const char* name, EVP_PKEY* key, const CertificateFlaws& flaws) {
    X509Ptr certificate{X509_new()};
    std::uint64_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1U);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), static_cast<long>(flaws.starts_in.count()));
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(flaws.ends_in.count()));
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key);
    return certificate;
}

common::Result<bool> write_file(const std::filesystem::path& file, const std::string& text, mode_t mode) {
    const auto failed = [&] {
        return common::Error{file.string() + ": cannot be written: " + std::strerror(errno)};
    };
    // A new file under another name, then renamed: a reader never sees half of it, and the mode is right from
    // the first byte on.
    const std::string draft = file.string() + ".new";
    ::unlink(draft.c_str());
    const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return failed();
    }
    const ssize_t written = ::write(fd, text.data(), text.size());
    const bool whole = written == static_cast<ssize_t>(text.size());
    if (::close(fd) != 0 || !whole || ::rename(draft.c_str(), file.c_str()) != 0) {
        return failed();
    }
    return true;
}

}  // namespace

common::Result<std::string> new_app_key() {
    const PkeyPtr key{EVP_EC_gen("P-256")};
    std::string pem = key ? private_pem(key.get()) : std::string{};
    if (pem.empty()) {
        return common::Error{"OpenSSL could not make a P-256 key"};
    }
    return pem;
}

common::Result<bool> write_private_file(const std::filesystem::path& file, const std::string& text) {
    return write_file(file, text, 0600);
}

common::Result<Certificates> write_certificates(
    const std::filesystem::path& directory, const CertificateFlaws& flaws) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
        return common::Error{directory.string() + ": cannot be created: " + error.message()};
    }
    const PkeyPtr ca_key{EVP_EC_gen("P-256")};
    const PkeyPtr server_key{EVP_EC_gen("P-256")};
    if (!ca_key || !server_key) {
        return common::Error{"OpenSSL could not make a P-256 key"};
    }
    const X509Ptr ca = blank("autosignin-dev CA", ca_key.get(), {});
    X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
    const X509Ptr server = blank("localhost", server_key.get(), flaws);
    X509* const issuer = flaws.self_signed ? server.get() : ca.get();
    EVP_PKEY* const issuer_key = flaws.self_signed ? server_key.get() : ca_key.get();
    X509_set_issuer_name(server.get(), X509_get_subject_name(issuer));
    const std::string names = flaws.host.empty() ? "DNS:localhost,IP:127.0.0.1,IP:::1" : "DNS:" + flaws.host;
    const bool made =
        extend(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE") &&
        extend(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
        extend(ca.get(), ca.get(), NID_subject_key_identifier, "hash") &&
        X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0 &&
        extend(server.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        extend(server.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
        extend(server.get(), issuer, NID_ext_key_usage, flaws.purpose) &&
        (flaws.self_signed || extend(server.get(), issuer, NID_authority_key_identifier, "keyid")) &&
        extend(server.get(), issuer, NID_subject_alt_name, names) &&
        X509_sign(server.get(), issuer_key, EVP_sha256()) > 0;
    if (!made) {
        return common::Error{"OpenSSL could not make a certificate for " + names};
    }
    Certificates files{directory / "ca.pem", directory / "server.pem", directory / "server.key"};
    if (auto written = write_file(files.ca_file, certificate_pem(ca.get()), 0644); !written) {
        return written.error();
    }
    if (auto written = write_file(files.certificate_file, certificate_pem(server.get()), 0644); !written) {
        return written.error();
    }
    if (auto written = write_file(files.key_file, private_pem(server_key.get()), 0600); !written) {
        return written.error();
    }
    return files;
}

}  // namespace dev
