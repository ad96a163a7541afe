// A connection while it is open: reading, writing, keeping it alive, ending it. See connection_opening.cpp.
#include "worker/adapters/http2/connection.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace adapters::http2 {

namespace {

constexpr std::size_t record_bytes = 16UL * 1024;
// A turn reads at most so many TLS records of one connection, so that the others are not kept waiting.
constexpr int records_a_turn = 16;

}  // namespace

Connection::Connection(
    const ConnectionSettings& settings, ports::Readiness& readiness, std::vector<Address> addresses,
    common::Duration age_max, std::vector<core::ExchangeEnded>& ended, ports::TransportStats& stats)
    : settings_{settings},
      readiness_{readiness},
      addresses_{std::move(addresses)},
      ended_{ended},
      stats_{stats},
      age_max_{age_max} {
    try_next_address();
}

Connection::~Connection() {
    close(ports::ConnectionEnd::shutdown, {});
}

void Connection::on_ready(bool readable, bool writable) {
    switch (phase_) {
        case Phase::connecting:
            return connected();
        case Phase::handshaking:
            return handshake();
        case Phase::settling:
        case Phase::open:
            if (readable) {
                read();
            }
            if (writable && blocked_) {
                blocked_ = false;
                dirty_ = true;
                flush();
            }
            return;
        case Phase::closed:
            return;
    }
}

void Connection::read() {
    std::array<std::uint8_t, record_bytes>
        record;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
    more_to_read_ = false;
    for (int records = 0; records < records_a_turn; ++records) {
        std::size_t size = 0;
        const Progress progress = tls_->read(record.data(), record.size(), size);
        if (progress == Progress::again) {
            return;
        }
        if (progress == Progress::failed) {
            const bool left = session_->goaway_received();
            return give_up(
                left ? ports::ConnectionEnd::goaway : ports::ConnectionEnd::lost,
                std::string{tls_->problem()});
        }
        heard_ = true;
        dirty_ = true;
        stats_.bytes_received += size;
        if (!session_->consume(record.data(), size)) {
            return give_up(ports::ConnectionEnd::protocol, broken_protocol());
        }
        if (phase_ == Phase::settling && session_->ready()) {
            phase_ = Phase::open;
            ++stats_.connections_opened;
        }
    }
    more_to_read_ = tls_->holds_bytes();
}

void Connection::submit(ports::OutgoingRequest request) {
    dirty_ = true;
    session_->submit(std::move(request));
}

// Request bodies and JWTs were in there.
void Connection::wipe_out() {
    if (!out_.empty()) {
        explicit_bzero(out_.data(), out_.size());
    }
}

void Connection::flush() {
    if (!dirty_ || blocked_ || !session_ || phase_ == Phase::closed) {
        return;
    }
    while (true) {
        if (out_done_ == out_.size()) {
            wipe_out();
            out_.clear();
            out_done_ = 0;
            if (!session_->produce(out_, record_bytes)) {
                return give_up(ports::ConnectionEnd::protocol, "HTTP/2 framing failed");
            }
            if (out_.empty()) {
                break;
            }
        }
        std::size_t size = 0;
        const std::size_t left = std::min(out_.size() - out_done_, record_bytes);
        const Progress progress = tls_->write(out_.data() + out_done_, left, size);
        if (progress == Progress::again) {
            blocked_ = true;
            return readiness_.change(fd_, true, true);
        }
        if (progress == Progress::failed) {
            const std::string problem = tls_->problem();
            const std::size_t attempt = address_next_;
            read();  // what the server said before it left: answers, GOAWAY
            return attempt == address_next_ ? give_up(ports::ConnectionEnd::lost, problem) : void();
        }
        out_done_ += size;
        stats_.bytes_sent += size;
    }
    dirty_ = false;
    readiness_.change(fd_, true, false);
    if (session_->over()) {
        give_up(
            session_->protocol_broken()   ? ports::ConnectionEnd::protocol
            : retired_for_                ? *retired_for_
            : session_->goaway_received() ? ports::ConnectionEnd::goaway
                                          : ports::ConnectionEnd::lost,
            session_->protocol_broken() ? broken_protocol() : "the HTTP/2 session is over");
    }
}

std::string Connection::broken_protocol() const {
    const std::string& problem = session_->protocol_problem();
    return fmt::format("the server broke the HTTP/2 protocol{}{}", problem.empty() ? "" : ": ", problem);
}

void Connection::tick(common::Instant now) {
    if (phase_ == Phase::closed) {
        return;
    }
    started_ = started_.value_or(now);
    if (more_to_read_) {
        read();
    }
    if (phase_ != Phase::open && phase_ != Phase::closed) {
        give_up_when_late(now);
    }
    if (phase_ == Phase::open) {
        opened_ = opened_.value_or(now);
        session_->expire(now);
        keep_alive(now);
    }
    if (phase_ == Phase::open) {
        retire_when_due(now);
    }
    flush();
}

void Connection::keep_alive(common::Instant now) {
    if (heard_ || heard_at_ == common::Instant{}) {
        heard_ = false;
        heard_at_ = now;
        pinged_.reset();
    }
    const common::Duration silence =
        alive() > 0 ? settings_.timeouts.ping_busy : settings_.timeouts.ping_idle;
    if (pinged_ && now >= *pinged_ + settings_.timeouts.ping_answer) {
        return close(ports::ConnectionEnd::silent, "no answer to a keep-alive ping");
    }
    if (!pinged_ && now >= heard_at_ + silence) {
        pinged_ = now;
        ++stats_.pings;
        session_->ping();
        dirty_ = true;
    }
}

void Connection::retire_when_due(common::Instant now) {
    if (!session_->retired()) {
        if (session_->worn_out()) {
            retired_for_ = ports::ConnectionEnd::timeouts;
        } else if (session_->used_up() || now >= *opened_ + age_max_) {
            retired_for_ = ports::ConnectionEnd::rotated;
        }
        if (retired_for_) {
            session_->retire();
        }
    }
    if (session_->retired() && session_->alive() == 0) {
        session_->say_goodbye();
        dirty_ = true;
        flush();
        close(retired_for_.value_or(ports::ConnectionEnd::goaway), {});
    }
}

common::Instant Connection::next_deadline() const noexcept {
    if (phase_ == Phase::closed || more_to_read_ || !started_) {
        return common::Instant::min();
    }
    const Timeouts& timeouts = settings_.timeouts;
    if (phase_ != Phase::open) {
        const common::Instant establish = *started_ + timeouts.establish;
        const bool last = phase_ != Phase::connecting && address_next_ == addresses_.size();
        if (!address_started_) {
            return common::Instant::min();
        }
        return last ? establish : std::min(establish, *address_started_ + timeouts.address);
    }
    if (!opened_) {
        return common::Instant::min();
    }
    const common::Instant keep_alive_at =
        pinged_ ? *pinged_ + timeouts.ping_answer
                : heard_at_ + (alive() > 0 ? timeouts.ping_busy : timeouts.ping_idle);
    const common::Instant age_at = session_->retired() ? common::never : *opened_ + age_max_;
    return std::min({session_->next_deadline(), keep_alive_at, age_at});
}

void Connection::close(ports::ConnectionEnd end, std::string detail) {
    if (phase_ == Phase::closed) {
        return;
    }
    if (phase_ == Phase::open && answers() == 0 && end != ports::ConnectionEnd::rotated &&
        end != ports::ConnectionEnd::shutdown) {
        note_failure(end, detail);
    }
    phase_ = Phase::closed;
    end_ = end;
    detail_ = std::move(detail);
    ++stats_.connections_ended[static_cast<std::size_t>(end)];
    if (session_) {
        stats_.goaways += session_->goaway_received() ? 1 : 0;
        session_->abandon();
        tls_->say_goodbye();
    }
    wipe_out();
    drop_socket();
}

void Connection::drop_socket() noexcept {
    if (fd_ >= 0) {
        readiness_.remove(fd_);
        ::close(fd_);
        fd_ = -1;
        blocked_ = more_to_read_ = false;
    }
}

}  // namespace adapters::http2
