// Counts an endpoint's connections as libcurl opens and closes their sockets: libcurl has no counters of its
// own, and keeps idle connections out of sight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "worker/ports/transport_stats.hpp"

namespace adapters::http1 {

class Connections {
public:
    // A socket was opened for `owner`, whatever that is; not yet a connection that can be used.
    void opened(int fd, const void* owner) { owners_.emplace(fd, owner); }
    // The owner's connection is up, TLS and all. A kept one was so before.
    void usable(const void* owner);
    void closed(int fd);
    // It was not made.
    void failed(ports::ConnectionEnd end) noexcept { ++count(end); }

    // libcurl closes a connection before it says why: the one that was just counted as lost ended so.
    void lost_was(ports::ConnectionEnd end) noexcept {
        std::uint64_t& lost = count(ports::ConnectionEnd::lost);
        if (lost > 0) {
            --lost;
            ++count(end);
        }
    }

    // Why those that close from now on do.
    void closing_because(ports::ConnectionEnd end) noexcept { reason_ = end; }

    // Fills in what is known here.
    void describe(ports::TransportStats& stats) const;

private:
    [[nodiscard]] std::uint64_t& count(ports::ConnectionEnd end) noexcept {
        return ended_[static_cast<std::size_t>(end)];
    }

    std::map<int, const void*> owners_;  // by socket; null: usable
    ports::ConnectionEnd reason_ = ports::ConnectionEnd::lost;
    std::uint64_t connections_opened_ = 0;
    decltype(ports::TransportStats::connections_ended) ended_{};
};

}  // namespace adapters::http1
