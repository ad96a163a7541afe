#include "worker/adapters/kafka/ownership.hpp"

#include <algorithm>

namespace kafka {

core::Epoch Ownerships::grant(const core::TopicPartition& partition, core::Offset position) {
    if (const auto before = find(partition)) {
        end(*before);
    }
    last_ = last_ + 1;
    owned_.emplace(last_, Ownership{partition});
    set_receiver(partition, {last_, position});
    return last_;
}

void Ownerships::end(core::Epoch epoch) {
    const auto owned = owned_.find(epoch);
    if (owned == owned_.end()) {
        return;
    }
    set_receiver(owned->second.partition, {});
    owned_.erase(owned);
}

std::optional<core::Epoch> Ownerships::receiver(
    std::string_view topic, std::int32_t partition, core::Offset offset) {
    const auto index = static_cast<std::size_t>(partition);
    for (Topic& each : topics_) {
        if (each.name != topic) {
            continue;
        }
        if (index >= each.receivers.size()) {
            return std::nullopt;
        }
        Receiver& receiver = each.receivers[index];
        if (receiver.epoch == core::Epoch{} || offset < receiver.position) {
            return std::nullopt;
        }
        receiver.position = core::Offset{offset.value + 1};
        return receiver.epoch;
    }
    return std::nullopt;
}

core::Offset Ownerships::position(const core::TopicPartition& partition) const {
    const auto topic = std::find_if(
        topics_.begin(), topics_.end(), [&](const Topic& each) { return each.name == partition.topic; });
    return topic == topics_.end()
               ? core::Offset{}
               : topic->receivers.at(static_cast<std::size_t>(partition.partition)).position;
}

std::optional<core::Epoch> Ownerships::find(const core::TopicPartition& partition) const {
    for (const auto& [epoch, owned] : owned_) {
        if (owned.partition == partition) {
            return epoch;
        }
    }
    return std::nullopt;
}

Ownership* Ownerships::find(core::Epoch epoch) {
    const auto owned = owned_.find(epoch);
    return owned == owned_.end() ? nullptr : &owned->second;
}

void Ownerships::revoking(core::Epoch epoch) {
    if (Ownership* owned = find(epoch)) {
        owned->revoking = true;
        set_receiver(owned->partition, {});
    }
}

bool Ownerships::paused_briefly() const noexcept {
    return std::any_of(owned_.begin(), owned_.end(), [](const auto& entry) {
        return entry.second.paused && !entry.second.suspended;
    });
}

std::vector<core::Epoch> Ownerships::epochs() const {
    std::vector<core::Epoch> epochs;
    epochs.reserve(owned_.size());
    for (const auto& [epoch, owned] : owned_) {
        epochs.push_back(epoch);
    }
    return epochs;
}

void Ownerships::set_receiver(const core::TopicPartition& partition, Receiver receiver) {
    auto topic = std::find_if(
        topics_.begin(), topics_.end(), [&](const Topic& each) { return each.name == partition.topic; });
    if (topic == topics_.end()) {
        topic = topics_.insert(topics_.end(), Topic{partition.topic, {}});
    }
    const auto index = static_cast<std::size_t>(partition.partition);
    if (topic->receivers.size() <= index) {
        topic->receivers.resize(index + 1);
    }
    topic->receivers[index] = receiver;
}

}  // namespace kafka
