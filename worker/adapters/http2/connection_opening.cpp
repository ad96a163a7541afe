// A connection on its way to open: address after address, TCP, TLS, the server's SETTINGS.
#include "worker/adapters/http2/connection.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace adapters::http2 {

void Connection::try_next_address() {
    drop_socket();
    session_.reset();
    tls_.reset();
    wipe_out();
    out_.clear();
    out_done_ = 0;
    dirty_ = heard_ = false;
    address_started_.reset();
    phase_ = Phase::connecting;
    while (address_next_ < addresses_.size()) {
        const Address& address = addresses_[address_next_++];
        fd_ = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) {
            note_failure(ports::ConnectionEnd::connect_failed, std::strerror(errno));
            continue;
        }
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const int result = connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
        if (result == 0 || errno == EINPROGRESS) {
            readiness_.add(
                fd_, false, true, [this](bool readable, bool writable) { on_ready(readable, writable); });
            return;
        }
        note_failure(ports::ConnectionEnd::connect_failed, std::strerror(errno));
        drop_socket();
    }
    close(furthest_, problems());
}

void Connection::note_failure(ports::ConnectionEnd end, std::string_view problem) {
    const Address& address = addresses_[address_next_ - 1];
    failed_addresses_.push_back({address, fmt::format("{}: {}", address.text(), problem)});
    // "Network is unreachable" for IPv6 must not hide what is wrong with the certificate behind IPv4.
    furthest_ = end == ports::ConnectionEnd::connect_failed ? furthest_ : end;
    certificate_refused_ = certificate_refused_ || (tls_ && tls_->certificate_refused());
}

void Connection::give_up(ports::ConnectionEnd end, std::string_view problem) {
    if (phase_ == Phase::open || phase_ == Phase::closed) {
        return close(end, std::string{problem});
    }
    note_failure(end, problem);
    try_next_address();
}

std::string Connection::problems() const {
    std::string all;
    for (const FailedAddress& failed : failed_addresses_) {
        all += (all.empty() ? "" : ", ") + failed.problem;
    }
    return all;
}

void Connection::connected() {
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        return give_up(ports::ConnectionEnd::connect_failed, std::strerror(problem));
    }
    address_started_.reset();
    tls_.emplace(*settings_.tls, fd_, settings_.url);
    phase_ = Phase::handshaking;
    handshake();
}

void Connection::handshake() {
    switch (tls_->handshake()) {
        case Progress::again:
            return readiness_.change(fd_, !tls_->wants_write(), tls_->wants_write());
        case Progress::failed:
            return give_up(
                tls_->h2_refused() ? ports::ConnectionEnd::not_offered : ports::ConnectionEnd::tls_failed,
                std::string{tls_->problem()});
        case Progress::done:
            break;
    }
    if (!tls_->offers_h2()) {
        return give_up(ports::ConnectionEnd::not_offered, "no h2 offered");
    }
    stats_.certificate_ends = tls_->chain_ends();
    session_.emplace(settings_.session, ended_);
    phase_ = Phase::settling;
    readiness_.change(fd_, true, false);
    dirty_ = true;
    flush();
    if (phase_ == Phase::settling) {
        read();  // SETTINGS may have come along with the handshake's last bytes
    }
}

void Connection::give_up_when_late(common::Instant now) {
    address_started_ = address_started_.value_or(now);
    const bool over = now >= *started_ + settings_.timeouts.establish;
    const bool others = address_next_ < addresses_.size();
    if (!over &&
        (now < *address_started_ + settings_.timeouts.address || (phase_ != Phase::connecting && !others))) {
        return;
    }
    const auto end =
        phase_ == Phase::connecting ? ports::ConnectionEnd::connect_failed : ports::ConnectionEnd::tls_failed;
    const std::string_view problem = phase_ == Phase::connecting ? "no answer in time"
                                     : phase_ == Phase::settling ? "no HTTP/2 SETTINGS in time"
                                                                 : "no answer in time to the TLS handshake";
    if (!over) {
        return give_up(end, problem);
    }
    note_failure(end, problem);
    close(furthest_, problems());
}

}  // namespace adapters::http2
