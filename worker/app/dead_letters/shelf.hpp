// The dead-letter topics of a configuration, as stretches that are fixed when the shelf is opened: a command
// looks at what was there when it began, and ends however much traffic follows.
//
// Threads:  one.
// Blocking: every call, but for at most ten seconds without any news from the brokers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/group_offset.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/app/config/config.hpp"
#include "worker/core/letters/doubts.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/core/letters/stretch.hpp"

namespace app::dead_letters {

using core::is_settled;
using core::Stretch;

// Of what exists, what the replay group committed and what the watch did.
[[nodiscard]] Stretch stretch_of(
    core::TopicPartition partition, const kafka::Watermarks& marks, const kafka::GroupOffset& replay,
    const kafka::GroupOffset& watch);

class Shelf {
public:
    // Error, among others: none of the topics is there.
    [[nodiscard]] static common::Result<Shelf> open(const Config& config);

    [[nodiscard]] const std::vector<Stretch>& stretches() const noexcept { return stretches_; }
    [[nodiscard]] const std::vector<std::string>& topics() const noexcept { return topics_; }
    // Topics that the configuration names and the brokers do not have; nothing lies there.
    [[nodiscard]] const std::vector<std::string>& missing() const noexcept { return missing_; }
    [[nodiscard]] kafka::LogReader& reader() noexcept { return *reader_; }
    [[nodiscard]] const core::DecodeRules& rules() const noexcept { return rules_; }
    // What filters are compared with.
    [[nodiscard]] core::KnownNames known() const;

    // The stretch as it is now that the replay group has committed `replay`; of one of stretches().
    [[nodiscard]] common::Result<Stretch> again(const Stretch& stretch, const kafka::GroupOffset& replay);

    // Hands over what lies between `from` and the stretch's end, in order, until the callback returns false.
    using Take = std::function<bool(core::LetterRead&&, core::Record&&)>;
    [[nodiscard]] common::Result<bool> read(const Stretch& stretch, core::Offset from, const Take& take);

private:
    Shelf() = default;
    std::unique_ptr<kafka::LogReader> reader_;
    core::DecodeRules rules_;
    std::vector<std::string> sources_;
    std::vector<std::string> topics_;
    std::vector<std::string> missing_;
    std::vector<Stretch> stretches_;
    std::map<core::TopicPartition, kafka::GroupOffset> watched_;  // what the watch had closed
};

// The group whose committed offsets say what was replayed or discarded: one for each group of workers.
[[nodiscard]] std::string replay_group(const Config& config);
// For a client in that group, reading `topics`.
[[nodiscard]] kafka::KafkaSettings replay_settings(const Config& config, std::vector<std::string> topics);

}  // namespace app::dead_letters
