#include "worker/dev/apple/connection.hpp"

#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include <openssl/err.h>

namespace dev {
namespace {

constexpr std::size_t chunk_bytes = 16U << 10U;  // a TLS record
constexpr int reads_a_turn = 32;

}  // namespace

Connection::Connection(int fd, SSL_CTX& tls, MakeProtocol make_protocol)
    : fd_{fd}, ssl_{SSL_new(&tls)}, make_protocol_{std::move(make_protocol)} {
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_accept_state(ssl_.get());
}

Connection::~Connection() {
    ::close(fd_);
}

Connection::Step Connection::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
        const int error = SSL_get_error(ssl_.get(), result);
        blocked_ = error == SSL_ERROR_WANT_WRITE;
        return blocked_ || error == SSL_ERROR_WANT_READ ? Step::wait : Step::failed;
    }
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    protocol_ = make_protocol_(std::string_view{reinterpret_cast<const char*>(name), size} == "h2");
    return protocol_ ? Step::done : Step::failed;
}

bool Connection::read() {
    more_ = false;
    std::array<std::uint8_t, chunk_bytes> bytes;
    for (int i = 0; i < reads_a_turn; ++i) {
        ERR_clear_error();
        const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (size <= 0) {
            return SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_READ;
        }
        if (!protocol_->consume(bytes.data(), static_cast<std::size_t>(size))) {
            return false;
        }
    }
    more_ = true;
    return true;
}

bool Connection::write() {
    while (true) {
        if (sent_ == out_.size()) {
            out_.clear();
            sent_ = 0;
            if (!protocol_->produce(out_, chunk_bytes)) {
                return false;
            }
        }
        if (out_.empty()) {
            blocked_ = false;
            return true;
        }
        ERR_clear_error();
        const int size = SSL_write(ssl_.get(), out_.data() + sent_, static_cast<int>(out_.size() - sent_));
        if (size <= 0) {
            blocked_ = SSL_get_error(ssl_.get(), size) == SSL_ERROR_WANT_WRITE;
            return blocked_;
        }
        sent_ += static_cast<std::size_t>(size);
    }
}

bool Connection::drive() {
    if (!protocol_) {
        const Step step = shake_hands();
        if (step != Step::done) {
            return step == Step::wait;
        }
    }
    if (!no_more_reading_) {
        no_more_reading_ = !read();
    }
    if (protocol_->cut() || !write()) {
        return false;
    }
    const bool last_word_pending = blocked_;
    if ((no_more_reading_ || protocol_->over()) && !last_word_pending) {
        // A close_notify lets HTTP/1.1 clients tell an end from a torn connection.
        SSL_shutdown(ssl_.get());
        return false;
    }
    return true;
}

}  // namespace dev
