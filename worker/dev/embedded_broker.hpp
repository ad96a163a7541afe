// A Kafka cluster inside the process: librdkafka's mock, on real sockets of the loopback interface with ports
// of its own choice. Other processes (kcat) can use it as well. For tests and the demo; proves nothing about
// static membership, transactions or retention, which it does not implement.
//
// Threads: may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dev {

struct Topic {
    std::string name;
    int partitions = 1;
};

class EmbeddedBroker {
public:
    explicit EmbeddedBroker(const std::vector<Topic>& topics);
    EmbeddedBroker(const EmbeddedBroker&) = delete;
    EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;
    ~EmbeddedBroker();

    [[nodiscard]] const std::string& bootstrap() const noexcept;
    void create_topic(const Topic& topic);

    // The Kafka requests that can be told to fail; the numbers are the protocol's.
    enum class Request : short {
        produce = 0,
        fetch = 1,
        offset_commit = 8,
        offset_fetch = 9,
        join_group = 11
    };
    // The next `times` requests of this kind are answered with `code` (rd_kafka_resp_err_t, as the
    // protocol's).
    void fail_next(Request request, int code, std::size_t times = 1);
    void forget_failures(Request request);
    void set_down(bool down);
    void set_latency(std::chrono::milliseconds round_trip);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The first join of a group takes 3 s here and a rebalance the session timeout less 1 s; at 3 s and below it
// never joins.
inline constexpr std::chrono::milliseconds embedded_session_timeout{6000};

// librdkafka properties that a client of the embedded broker needs to be quick.
[[nodiscard]] std::map<std::string, std::string> embedded_client_properties();

}  // namespace dev
