#include "worker/adapters/metrics/transport.hpp"

namespace metrics {

void append_transport_samples(
    std::vector<Sample>& samples, const std::string& endpoint, const ports::TransportStats& stats) {
    const auto add = [&](Metric metric, auto value) {
        samples.push_back({metric, {endpoint}, static_cast<double>(value)});
    };
    add(Metric::connections, stats.connections_open);
    add(Metric::connections_opened, stats.connections_opened);
    add(Metric::goaways, stats.goaways);
    add(Metric::exchanges_waiting, stats.exchanges_waiting);
    add(Metric::sent_bytes, stats.bytes_sent);
    add(Metric::received_bytes, stats.bytes_received);
    for (const ports::ConnectionEnd end : ports::connection_ends) {
        samples.push_back(
            {Metric::connections_ended,
             {endpoint, std::string{ports::end_name(end)}},
             static_cast<double>(stats.connections_ended[static_cast<std::size_t>(end)])});
    }
}

}  // namespace metrics
