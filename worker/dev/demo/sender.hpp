// Plays the account system: sends a plan's records to the embedded broker when their time comes.
//
// Threads: one; librdkafka's own threads do the sending.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/time.hpp"
#include "worker/sim/plan/plan.hpp"

struct rd_kafka_s;

namespace dev {

class Sender {
public:
    Sender(const std::string& bootstrap, const sim::Plan& plan);
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender();

    // Sends every record whose time, counted from the plan's start, has come.
    void send_due(common::Duration since_start);
    [[nodiscard]] std::size_t sent() const noexcept { return next_; }
    [[nodiscard]] bool all_sent() const noexcept { return next_ == in_order_.size(); }
    // Waits until the broker has everything; false when the deadline passed first.
    [[nodiscard]] bool flush(std::chrono::milliseconds deadline);

private:
    void send(const sim::PlannedRecord& record);

    const sim::Plan& plan_;
    std::vector<const sim::PlannedRecord*> in_order_;
    std::size_t next_ = 0;
    rd_kafka_s* producer_ = nullptr;
};

}  // namespace dev
