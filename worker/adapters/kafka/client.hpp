// What consumer and producer have in common: a librdkafka handle whose errors, statistics and log lines
// arrive, on the thread that polls it, at one Reporter, and a descriptor that says when to poll.
//
// Threads: all of it belongs to the loop's thread. librdkafka's own threads only write to the wake
// descriptor.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/adapters/kafka/rd.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/adapters/kafka/secret_files.hpp"
#include "worker/adapters/kafka/wake_fd.hpp"
#include "worker/ports/clock.hpp"

namespace kafka {

class Client {
public:
    // `name` outlives it, and stands in log lines: "consumer" or "producer".
    Client(std::string_view name, ports::Journal& journal) : name_{name}, reporter_{name, journal} {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // A configuration with what both kinds share, the operator's properties, then `fixed` (which wins).
    // `defaults` come first: the operator may change them. The client itself becomes the callbacks' opaque.
    [[nodiscard]] common::Result<RdConf> configure(
        const KafkaSettings& settings, const Properties& defaults, const Properties& fixed);

    // Makes the handle. Error: librdkafka's reason, which names the property and never a secret.
    [[nodiscard]] common::Result<bool> open(RdConf conf, bool consumer);

    // Reads the files of the properties again. A changed password goes to librdkafka (PLAIN, SCRAM), which
    // otherwise fails for ever after a rotation; of other changes it says that they need a restart. Called
    // when brokers refuse our credentials and with the statistics, since librdkafka tells the same refusal
    // once in half a minute only.
    void look_at_files();

    // What librdkafka's error callback says.
    void error(int code, const char* reason);
    // Looks whether librdkafka declared the handle dead; cheap.
    void note_fatal();

    [[nodiscard]] rd_kafka_s* handle() const noexcept { return handle_.get(); }
    [[nodiscard]] Reporter& reporter() noexcept { return reporter_; }
    [[nodiscard]] const Reporter& reporter() const noexcept { return reporter_; }
    [[nodiscard]] WakeFd& wake() noexcept { return wake_; }

    void* owner = nullptr;  // for the callbacks of consumer and producer

private:
    void take(const SecretFiles::Change& change);

    std::string_view name_;
    Reporter reporter_;
    SecretFiles files_;
    WakeFd wake_;
    RdHandle handle_;  // after wake_: librdkafka's threads write to it until the handle is gone
};

using ports::steady_now;  // read here: these deadlines are about librdkafka, not about events

// For librdkafka's timeouts: what is left until `deadline`, at least 0.
[[nodiscard]] int milliseconds_left(common::Instant deadline) noexcept;

}  // namespace kafka
