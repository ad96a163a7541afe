#include "tests/integration/hostile_server.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

namespace transport_test {

namespace {

struct Free {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* tls) const noexcept { SSL_free(tls); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;

int choose(
    SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char*, unsigned, void* protocol) {
    const auto& name = *static_cast<const std::string*>(protocol);
    *chosen = reinterpret_cast<const unsigned char*>(name.data());
    *size = static_cast<unsigned char>(name.size());
    return SSL_TLSEXT_ERR_OK;
}

Context context_of(const dev::Certificates& files, const std::string& protocol, bool tls_1_1) {
    Context context{SSL_CTX_new(TLS_server_method())};
    if (tls_1_1) {
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_min_proto_version(context.get(), TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    }
    SSL_CTX_use_certificate_file(context.get(), files.certificate_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context.get(), files.key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_alpn_select_cb(context.get(), choose, const_cast<std::string*>(&protocol));
    return context;
}

// Whether the head of a request is in there whole.
bool holds_request(std::string_view heard, bool h2) {
    if (!h2) {
        return heard.find("\r\n\r\n") != std::string_view::npos;
    }
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(heard[at]); };
    for (std::size_t at = 24; at + 9 <= heard.size();) {
        if (byte(at + 3) == 1) {
            return true;
        }
        at += 9 + (std::size_t{byte(at)} << 16U | std::size_t{byte(at + 1)} << 8U | byte(at + 2));
    }
    return false;
}

}  // namespace

HostileServer::HostileServer(
    const dev::Certificates& certificates, std::string protocol, Misbehaviour misbehaviour)
    : certificates_{certificates}, protocol_{std::move(protocol)}, misbehaviour_{std::move(misbehaviour)} {
    (void)std::signal(SIGPIPE, SIG_IGN);
    thread_ = std::thread{[this] { serve(); }};
}

HostileServer::~HostileServer() {
    stopping_ = true;
    listener_.interrupt();
    {
        const std::lock_guard lock{mutex_};
        shutdown(connection_, SHUT_RDWR);  // wakes whatever the thread is waiting for
    }
    thread_.join();
}

void HostileServer::serve() {
    while (!stopping_) {
        const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        {
            const std::lock_guard lock{mutex_};
            connection_ = fd;
        }
        if (!stopping_) {
            misbehave(fd);
        }
        const std::lock_guard lock{mutex_};
        connection_ = -1;
        close(fd);
    }
}

void HostileServer::misbehave(int fd) {
    std::array<char, 16'384> bytes{};
    if (!misbehaviour_.instead_of_tls.empty()) {
        bool told = false;
        while (recv(fd, bytes.data(), bytes.size(), 0) > 0) {
            if (!std::exchange(told, true)) {
                const std::string& words = misbehaviour_.instead_of_tls;
                (void)send(fd, words.data(), words.size(), MSG_NOSIGNAL);
            }
        }
        return;
    }
    const Context context = context_of(certificates_, protocol_, misbehaviour_.tls_1_1);
    const Connection tls{SSL_new(context.get())};
    SSL_set_fd(tls.get(), fd);
    if (SSL_accept(tls.get()) != 1) {
        return;
    }
    const auto say = [&](const std::string& words) {
        std::size_t size = 0;
        const bool said = words.empty() || SSL_write_ex(tls.get(), words.data(), words.size(), &size) == 1;
        bytes_sent_ += size;
        return said;
    };
    const auto hear = [&](std::string& heard) {
        std::size_t size = 0;
        const bool more = SSL_read_ex(tls.get(), bytes.data(), bytes.size(), &size) == 1;
        heard.append(bytes.data(), size);
        return more;
    };
    std::string heard;
    bool more = say(misbehaviour_.greeting);
    while (more && !holds_request(heard, protocol_ == "h2")) {
        more = hear(heard);
    }
    if (more) {
        ++requests_;
        more = say(misbehaviour_.answer);
    }
    while (more && !misbehaviour_.for_ever.empty() && !stopping_) {
        more = say(misbehaviour_.for_ever);
    }
    while (more && !misbehaviour_.hangs_up) {
        more = hear(heard);
    }
}

std::string many(const std::string& part, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += part;
    }
    return all;
}

std::string h2_frame(
    std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const std::string& payload, int size) {
    const auto length = size < 0 ? payload.size() : static_cast<std::size_t>(size);
    const auto byte = [](std::size_t number, unsigned shift) {
        return static_cast<char>(number >> shift & 0xFFU);
    };
    return std::string{byte(length, 16),        byte(length, 8),          byte(length, 0),
                       static_cast<char>(type), static_cast<char>(flags), byte(stream, 24),
                       byte(stream, 16),        byte(stream, 8),          byte(stream, 0)} +
           payload;
}

}  // namespace transport_test
