#include "worker/adapters/http1/connections.hpp"

#include <algorithm>

namespace adapters::http1 {

void Connections::usable(const void* owner) {
    // Of the sockets of one attempt (IPv6 and IPv4 race) the losers are closed by now.
    const auto socket = std::find_if(
        owners_.begin(), owners_.end(), [&](const auto& entry) { return entry.second == owner; });
    if (socket != owners_.end()) {
        socket->second = nullptr;
        ++connections_opened_;
    }
}

void Connections::closed(int fd) {
    const auto socket = owners_.find(fd);
    if (socket == owners_.end()) {
        return;
    }
    if (socket->second == nullptr) {
        ++count(reason_);
    }
    owners_.erase(socket);
}

void Connections::describe(ports::TransportStats& stats) const {
    stats.connections_open = static_cast<std::size_t>(std::count_if(
        owners_.begin(), owners_.end(), [](const auto& entry) { return entry.second == nullptr; }));
    stats.connections_connecting = owners_.size() - stats.connections_open;
    stats.connections_opened = connections_opened_;
    stats.connections_ended = ended_;
}

}  // namespace adapters::http1
