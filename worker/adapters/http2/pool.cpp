#include "worker/adapters/http2/pool.hpp"

#include <algorithm>
#include <utility>

namespace adapters::http2 {

namespace {

constexpr common::Duration backoff_base = std::chrono::milliseconds{100};
constexpr common::Duration backoff_longest = std::chrono::seconds{5};
constexpr int backoff_doublings_max = 6;

using ports::ConnectionEnd;

bool never_worked(ConnectionEnd end) {
    return end == ConnectionEnd::dns_failed || end == ConnectionEnd::connect_failed ||
           end == ConnectionEnd::tls_failed || end == ConnectionEnd::not_offered;
}

}  // namespace

Pool::Pool(
    PoolSettings settings, ports::Readiness& readiness, AddressBook::LookUp look_up, Notify notify,
    std::uint64_t seed, std::vector<core::ExchangeEnded>& ended)
    : settings_{std::move(settings)},
      readiness_{readiness},
      book_{std::move(look_up), settings_.connection.timeouts.resolve},
      notices_{settings_.connection.url.authority(), std::move(notify)},
      random_{seed},
      ended_{ended} {}

void Pool::send(ports::OutgoingRequest request) {
    Connection* const connection = waiting_.empty() ? with_free_stream() : nullptr;
    if (connection != nullptr) {
        connection->submit(std::move(request));
    } else {
        wait_in_line(std::move(request));
    }
}

Connection* Pool::with_free_stream() {
    for (const auto& connection : connections_) {
        if (connection->streams_free() > 0) {
            return connection.get();
        }
    }
    return nullptr;
}

void Pool::wait_in_line(ports::OutgoingRequest request) {
    auto at = waiting_.end();
    while (at != waiting_.begin() && std::prev(at)->deadline > request.deadline) {
        --at;
    }
    waiting_.insert(at, std::move(request));
}

void Pool::dispatch() {
    while (!waiting_.empty()) {
        Connection* const connection = with_free_stream();
        if (connection == nullptr) {
            return;
        }
        connection->submit(std::move(waiting_.front()));
        waiting_.pop_front();
    }
}

void Pool::flush() {
    for (const auto& connection : connections_) {
        connection->flush();
    }
}

void Pool::tick(common::Instant now) {
    book_.tick(now);
    for (const auto& connection : connections_) {
        connection->tick(now);
        if (connection->usable()) {
            streams_a_connection_ = connection->streams_allowed();
        }
    }
    note_failed_addresses(now);
    bury_closed(now);
    if (stats_.connections_opened > opened_told_) {
        opened_told_ = stats_.connections_opened;
        notices_.recovered();
    }
    expire_waiting(now);
    dispatch();
    if (needs_connection() && now >= not_before_) {
        open_connection(now);
    }
    flush();
}

void Pool::note_failed_addresses(common::Instant now) {
    for (const auto& connection : connections_) {
        if (connection->opening()) {
            continue;
        }
        for (const Connection::FailedAddress& failed : connection->take_failed_addresses()) {
            book_.failed(failed.address, now);
            if (connection->usable()) {
                notices_.detour(failed.problem, now);
            }
        }
    }
}

void Pool::expire_waiting(common::Instant now) {
    while (!waiting_.empty() && waiting_.front().deadline <= now) {
        ended_.push_back({waiting_.front().id, core::NotSent{core::NotSentReason::deadline_before_sending}});
        waiting_.pop_front();
    }
}

void Pool::bury_closed(common::Instant now) {
    bool failed = false;
    for (const auto& connection : connections_) {
        if (connection->phase() != Connection::Phase::closed) {
            continue;
        }
        const ConnectionEnd end = connection->end();
        notices_.ended(end, connection->detail(), connection->certificate_refused(), now);
        // A server that accepts and closes at once is as good as one that refuses.
        failed = failed || never_worked(end) || (connection->answers() == 0 && end != ConnectionEnd::rotated);
        failures_ = connection->answers() > 0 ? 0 : failures_;
    }
    std::erase_if(connections_, [](const auto& connection) {
        return connection->phase() == Connection::Phase::closed;
    });
    if (failed) {
        attempt_failed(now);
    }
}

void Pool::attempt_failed(common::Instant now) {
    const common::Duration longest =
        std::min(backoff_base * (1 << std::min(failures_, backoff_doublings_max)), backoff_longest);
    ++failures_;
    not_before_ = now + longest / 2 + random_.up_to(longest / 2);
    if (usable() == 0 && opening() == 0) {
        for (const ports::OutgoingRequest& request : waiting_) {
            ended_.push_back({request.id, core::NotSent{core::NotSentReason::no_connection}});
        }
        waiting_.clear();
    }
}

std::size_t Pool::usable() const {
    return static_cast<std::size_t>(std::count_if(
        connections_.begin(), connections_.end(),
        [](const auto& connection) { return connection->usable(); }));
}

std::size_t Pool::opening() const {
    return static_cast<std::size_t>(std::count_if(
        connections_.begin(), connections_.end(),
        [](const auto& connection) { return connection->opening(); }));
}

bool Pool::needs_connection() const {
    const std::size_t usable_now = usable();
    const std::size_t opening_now = opening();
    // Retired connections finish beside their replacements, but not without a bound.
    if (waiting_.empty() || usable_now + opening_now >= settings_.connections_max ||
        connections_.size() >= 2 * settings_.connections_max) {
        return false;
    }
    if (usable_now == 0) {
        return opening_now == 0;  // the first one tells how many streams it takes
    }
    const std::size_t streams = streams_a_connection_.value_or(0);
    return streams > 0 && waiting_.size() > opening_now * streams;
}

void Pool::open_connection(common::Instant now) {
    AddressBook::Found found = book_.find(now);
    if (found.trouble) {
        ++stats_.connections_ended[static_cast<std::size_t>(ConnectionEnd::dns_failed)];
        notices_.ended(ConnectionEnd::dns_failed, *found.trouble, false, now);
    }
    if (!found.addresses.empty()) {
        // Replaced at different times, so that not all connections are new at once.
        const common::Duration age_max = settings_.connection.timeouts.age_max;
        connections_.push_back(std::make_unique<Connection>(
            settings_.connection, readiness_, std::move(found.addresses),
            age_max - random_.up_to(age_max / 5), ended_, stats_));
        connections_.back()->tick(now);
    } else if (found.trouble) {
        attempt_failed(now);
    }
}

common::Instant Pool::next_deadline() const {
    common::Instant next = waiting_.empty() ? common::never : waiting_.front().deadline;
    for (const auto& connection : connections_) {
        next = std::min(next, connection->next_deadline());
    }
    return needs_connection() ? std::min(next, std::max(not_before_, book_.next_deadline())) : next;
}

std::optional<std::size_t> Pool::capacity() const {
    if (!streams_a_connection_) {
        return std::nullopt;
    }
    std::size_t streams = 0;
    std::size_t counted = 0;
    for (const auto& connection : connections_) {
        if (connection->usable()) {
            streams += connection->streams_allowed();
            ++counted;
        }
    }
    // A server that allows nothing now would not be asked for more connections.
    const std::size_t possible = settings_.connections_max - std::min(counted, settings_.connections_max);
    return streams + possible * *streams_a_connection_;
}

const ports::TransportStats& Pool::stats() {
    stats_.connections_open = 0;
    stats_.exchanges_in_flight = 0;
    for (const auto& connection : connections_) {
        stats_.connections_open += connection->phase() == Connection::Phase::open ? 1 : 0;
        stats_.exchanges_in_flight += connection->alive();
    }
    stats_.connections_connecting = opening() + (book_.asking() ? 1 : 0);
    stats_.exchanges_waiting = waiting_.size();
    stats_.streams_allowed = capacity().value_or(0);
    return stats_;
}

}  // namespace adapters::http2
