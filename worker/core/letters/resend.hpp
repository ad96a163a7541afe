// A dead letter on its way back through its source topic, and why some cannot go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/letters/read_letter.hpp"

namespace core {

enum class Unsendable : unsigned char {
    value_omitted,  // the broker never took the original: it is not here to be sent
    key_omitted,    // without its key the account's order is lost
    too_often,      // replayed as often as allowed
    foreign_topic,  // its source topic is not one of the worker's
    no_partition,   // its source topic has fewer partitions now
    not_understood,
};
[[nodiscard]] std::string_view remedy(Unsendable why) noexcept;
[[nodiscard]] std::string_view name_of(Unsendable why) noexcept;

struct ResendRules {
    std::vector<std::string> topics;  // that the worker reads
    int replays_max = 5;
    std::map<std::string, std::int32_t>
        partitions{};  // so many they have; not looked at when it is not known
};

// None: it may go.
[[nodiscard]] std::optional<Unsendable> unsendable(const Letter& letter, const ResendRules& rules);

// To the letter's source topic and partition, never anywhere else, so that it queues behind what its account
// did since, however the emitter chooses partitions: the original's key, value and headers. Headers of the
// dead letter come off, but for its lineage. The time is the producer's: with the original's, a topic that
// keeps a week would drop at once what failed a week ago.
// Requires that it may go.
[[nodiscard]] OutgoingRecord resend(const Letter& letter, const Record& record);

}  // namespace core
