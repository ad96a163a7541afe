// An embedded broker that is filled with events before anybody reads them.
#pragma once

#include <cstddef>
#include <string>

#include "worker/dev/embedded_broker.hpp"

namespace bench {

inline constexpr const char* events_topic = "account-events";
inline constexpr const char* receipts_topic = "receipts";

class EventsInKafka {
public:
    // Returns when all `count` events are stored. The broker keeps 5 MiB a partition, compressed, and drops
    // the oldest without a word: more than half a million events do not fit.
    explicit EventsInKafka(std::size_t count);

    [[nodiscard]] const std::string& bootstrap() const noexcept { return broker_.bootstrap(); }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
    dev::EmbeddedBroker broker_;
    std::size_t count_;
};

}  // namespace bench
