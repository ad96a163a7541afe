// The question of the status page: is anyone still signed in who should not be? Answered for one worker, from
// what it knows; what it does not know is said, and never taken for "no".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/core/engine/stats.hpp"

namespace admin {

// Open dead letters in the partitions that this worker watches.
struct Letters {
    std::vector<std::pair<std::string, std::size_t>> open{};  // by reason
    std::optional<common::Duration> oldest{};
    std::size_t watched = 0;  // partitions; 0: another worker counts them, or nobody does

    [[nodiscard]] std::size_t all() const noexcept;
};

enum class Brokers : std::uint8_t { not_yet, answer, away };

// What the engine does not know.
struct Surroundings {
    Brokers brokers = Brokers::not_yet;
    std::vector<core::TopicPartition> held{};     // not read: their committed offset is gone
    std::vector<core::TopicPartition> refused{};  // not read: brokers do not hand out their records
    bool letters_watched = true;                  // false: switched off in the configuration
    std::optional<Letters> letters{};             // none: not known
};

enum class Answer : std::uint8_t { no, under_way, perhaps, unknown };

// Younger than this an event is ordinary work: the shortest objective is as long.
inline constexpr common::Duration ordinary = std::chrono::seconds{60};

struct Verdict {
    Answer answer = Answer::unknown;
    std::optional<common::Duration> oldest{};  // how long somebody may have been signed in
    std::vector<std::string> because{};        // whole sentences, one or more
};

[[nodiscard]] Verdict verdict(const core::Status& status, const Surroundings& around);

// "waits for its turn"
[[nodiscard]] std::string_view wait_words(core::Wait wait) noexcept;

}  // namespace admin
