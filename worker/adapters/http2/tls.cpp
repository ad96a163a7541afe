#include "worker/adapters/http2/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "common/invariant.hpp"

namespace adapters::http2 {

namespace {

std::string openssl_problem() {
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "TLS failed" : reason;
}

std::optional<common::WallTime> end_of(const X509* certificate) {
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
        return std::nullopt;
    }
    return common::WallTime{std::chrono::seconds{::timegm(&end)}};
}

}  // namespace

common::Result<TlsContext> TlsContext::create(const TlsSettings& settings) {
    TlsContext context{SSL_CTX_new(TLS_client_method())};
    SSL_CTX* const handle = context.handle();
    INVARIANT(handle != nullptr, "out of memory");
    SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(
        handle, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(handle, 1);  // one system call a record instead of two
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    constexpr std::array<unsigned char, 3> h2{2, 'h', '2'};
    SSL_CTX_set_alpn_protos(handle, h2.data(), h2.size());
    if (settings.system_cas) {
        SSL_CTX_set_default_verify_paths(handle);
    }
    if (!settings.ca_file.empty() && SSL_CTX_load_verify_file(handle, settings.ca_file.c_str()) != 1) {
        return common::Error{fmt::format(
            "{}: no CA certificates could be read ({}); expected a readable PEM file", settings.ca_file,
            openssl_problem())};
    }
    ERR_clear_error();
    return context;
}

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

Tls::Tls(const TlsContext& context, int fd, const Url& url) : tls_{SSL_new(context.handle())} {
    SSL* const tls = tls_.get();
    INVARIANT(tls != nullptr && SSL_set_fd(tls, fd) == 1, "out of memory");
    SSL_set_connect_state(tls);
    X509_VERIFY_PARAM* const verify = SSL_get0_param(tls);
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool named = url.literal ? X509_VERIFY_PARAM_set1_ip_asc(verify, url.host.c_str()) == 1
                                   : X509_VERIFY_PARAM_set1_host(verify, url.host.c_str(), 0) == 1 &&
                                         SSL_set_tlsext_host_name(tls, url.host.c_str()) == 1;
    INVARIANT(named, "a checked host name cannot be verified");
}

Progress Tls::handshake() {
    ERR_clear_error();
    const int returned = SSL_do_handshake(tls_.get());
    if (returned == 1) {
        return Progress::done;
    }
    const Progress progress = failed_or_again(returned);
    const long verified = SSL_get_verify_result(tls_.get());
    if (progress == Progress::failed && verified != X509_V_OK) {
        certificate_refused_ = true;
        problem_ = X509_verify_cert_error_string(verified);
    }
    return progress;
}

Progress Tls::read(std::uint8_t* into, std::size_t room, std::size_t& size) {
    ERR_clear_error();
    const int returned = SSL_read_ex(tls_.get(), into, room, &size);
    return returned == 1 ? Progress::done : failed_or_again(returned);
}

Progress Tls::write(const std::uint8_t* bytes, std::size_t room, std::size_t& size) {
    ERR_clear_error();
    const int returned = SSL_write_ex(tls_.get(), bytes, room, &size);
    return returned == 1 ? Progress::done : failed_or_again(returned);
}

Progress Tls::failed_or_again(int returned) {
    const int system_error = errno;
    switch (SSL_get_error(tls_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            wants_write_ = false;
            return Progress::again;
        case SSL_ERROR_WANT_WRITE:
            wants_write_ = true;
            return Progress::again;
        case SSL_ERROR_ZERO_RETURN:
            problem_ = "the server closed the connection";
            return Progress::failed;
        case SSL_ERROR_SYSCALL:
            problem_ = system_error == 0 ? "the server closed the connection" : std::strerror(system_error);
            ERR_clear_error();
            return Progress::failed;
        default:
            h2_refused_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL;
            problem_ = openssl_problem();
            return Progress::failed;
    }
}

bool Tls::holds_bytes() const noexcept {
    return SSL_has_pending(tls_.get()) == 1;
}

bool Tls::offers_h2() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_.get(), &name, &size);
    return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

std::optional<common::WallTime> Tls::chain_ends() const {
    std::optional<common::WallTime> first;
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(tls_.get());
    for (int at = 0; at < sk_X509_num(chain); ++at) {
        const auto end = end_of(sk_X509_value(chain, at));
        first = !first || (end && *end < *first) ? end : first;
    }
    return first;
}

void Tls::say_goodbye() noexcept {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
}

void Tls::Free::operator()(ssl_st* tls) const noexcept {
    SSL_free(tls);
}

}  // namespace adapters::http2
