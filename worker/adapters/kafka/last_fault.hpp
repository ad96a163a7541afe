// Why a blocking call failed, in a sentence, for the tools that make such calls.
//
// Calls fail with "timed out"; the reason is told through librdkafka's error callback only.
#pragma once

#include <string>

#include "common/result.hpp"
#include "worker/adapters/kafka/client.hpp"

namespace kafka {

// Keeps the gravest, since "all brokers down" follows whatever it was that brought them down.
class LastFault final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity >= core::Severity::warning;
    }
    void write(const core::Say& line) override {
        const bool summary = line.event == "kafka_all_brokers_down";
        if (!summary || text.empty()) {
            text = line.message;
        }
    }

    std::string text;
};

// Serves the callbacks that wait: what librdkafka learnt in the meantime.
void listen(Client& client);

// `subject`: the topic, partition or group that the call was about. `code`: rd_kafka_resp_err_t.
[[nodiscard]] common::Error failure(const LastFault& last, const std::string& subject, int code);

}  // namespace kafka
