#include "worker/sim/kafka/letter_topics.hpp"

#include <algorithm>

namespace sim {

LetterTopics::LetterTopics(std::string topic, std::size_t partitions) : logs_(partitions) {
    for (std::size_t partition = 0; partition < partitions; ++partition) {
        names_.push_back({topic, static_cast<std::int32_t>(partition)});
    }
}

core::Position LetterTopics::put(const core::OutgoingRecord& letter, common::WallTime now) {
    std::uint32_t hash = 0;
    for (const char byte : letter.key.value_or("")) {
        hash = hash * 31 + static_cast<unsigned char>(byte);
    }
    const std::size_t partition = hash % logs_.size();
    const core::Offset offset{static_cast<std::int64_t>(logs_[partition].size())};
    logs_[partition].push_back(
        {{}, offset, letter.key, letter.value, letter.headers, letter.timestamp.value_or(now)});
    return {names_[partition], offset};
}

std::optional<std::size_t> LetterTopics::index_of(const core::TopicPartition& partition) const {
    const auto found = std::find(names_.begin(), names_.end(), partition);
    return found == names_.end() ? std::nullopt
                                 : std::optional{static_cast<std::size_t>(found - names_.begin())};
}

std::optional<core::Offset> LetterTopics::end(const core::TopicPartition& partition) const {
    const auto index = index_of(partition);
    return index ? std::optional{core::Offset{static_cast<std::int64_t>(logs_[*index].size())}}
                 : std::nullopt;
}

const core::Record& LetterTopics::at(const core::TopicPartition& partition, core::Offset offset) const {
    return logs_[index_of(partition).value()][static_cast<std::size_t>(offset.value)];
}

std::optional<std::uint64_t> SoleGroup::join(common::Instant now) {
    if (heard_ && now - *heard_ <= session) {
        return std::nullopt;
    }
    heard_ = now;
    return ++generation_;
}

bool SoleGroup::alive(std::uint64_t generation, common::Instant now) {
    if (!heard_ || generation != generation_ || now - *heard_ > session) {
        return false;
    }
    heard_ = now;
    return true;
}

void SoleGroup::leave(std::uint64_t generation) {
    if (generation == generation_) {
        heard_.reset();
    }
}

}  // namespace sim
