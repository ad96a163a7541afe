#include "worker/dev/apple/sockets.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace dev {
namespace {

int choose_protocol(
    SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
    unsigned offered_size, void* user) {
    const auto& options = *static_cast<const AppleServerOptions*>(user);
    for (const std::string_view name : {std::string_view{"h2"}, std::string_view{"http/1.1"}}) {
        if (name == "h2" ? !options.http2 : !options.http1) {
            continue;
        }
        for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
            if (std::string_view{reinterpret_cast<const char*>(offered + at + 1), offered[at]} == name) {
                *chosen = offered + at + 1;
                *size = offered[at];
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    // RFC 7301 wants the alert; servers that speak HTTP/1.1 without being asked go on.
    return options.http1 ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

int listen_on_loopback(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, plain, size) != 0 || ::listen(fd, 1024) != 0 ||
        ::getsockname(fd, plain, &size) != 0) {
        if (fd >= 0) {
            ::close(fd);
        }
        return -1;
    }
    port = ntohs(address.sin_port);
    return fd;
}

common::Result<SslCtxPtr> server_tls(const AppleServerOptions& options) {
    SslCtxPtr tls{SSL_CTX_new(TLS_server_method())};
    SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(tls.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // The callback reads it only.
    SSL_CTX_set_alpn_select_cb(tls.get(), choose_protocol, const_cast<AppleServerOptions*>(&options));
    const Certificates& files = options.certificates;
    if (SSL_CTX_use_certificate_chain_file(tls.get(), files.certificate_file.c_str()) != 1) {
        return common::Error{files.certificate_file.string() + ": not a readable PEM certificate"};
    }
    if (SSL_CTX_use_PrivateKey_file(tls.get(), files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return common::Error{files.key_file.string() + ": not the readable PEM key of the certificate"};
    }
    return tls;
}

}  // namespace dev
