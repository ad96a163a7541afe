#include "worker/core/letters/under_way.hpp"

#include <utility>

#include "common/invariant.hpp"
#include "worker/core/planted.hpp"

namespace core {

void UnderWay::begin(const TopicPartition& partition, Settling settling) {
    settling_.insert_or_assign(partition, std::move(settling));
}

std::vector<Store> UnderWay::take(const Position& letter, std::vector<OutgoingRecord> records) {
    const std::uint64_t number = next_id_;
    settling_.at(letter.partition).take(letter.offset);
    letters_.emplace(number, Taken{letter, records.size()});
    std::vector<Store> stores;
    for (OutgoingRecord& record : records) {
        letter_of_.emplace(next_id_, number);
        stores.push_back({StoreId{next_id_++}, StoreKind::receipt, std::move(record)});
    }
    if (planted(Bug::letter_settled_before_acknowledged)) {
        settle(letter);
    }
    return stores;
}

void UnderWay::ended(const StoreEnded& end) {
    const auto owner = letter_of_.find(end.id.value);
    INVARIANT(owner != letter_of_.end(), "a store of a dead letter ended twice");
    const auto letter = letters_.find(owner->second);
    letter_of_.erase(owner);
    Taken& taken = letter->second;
    if (end.result != StoreResult::acknowledged && !planted(Bug::refused_replay_settled)) {
        taken.failed = true;
        taken.too_large = taken.too_large || end.result == StoreResult::too_large;
        last_error_ = end.error;
    }
    if (--taken.outstanding > 0) {
        return;
    }
    if (taken.failed) {
        settling_.at(taken.letter.partition).give_back(taken.letter.offset);
        ++failed_;
        failed_on_end_ += taken.too_large ? 0 : 1;
    } else if (!planted(Bug::letter_settled_before_acknowledged)) {
        settle(taken.letter);
    }
    letters_.erase(letter);
}

void UnderWay::settle(const Position& letter) {
    Settling& settling = settling_.at(letter.partition);
    settling.settle(planted(Bug::neighbour_settled) ? settling.committable() : letter.offset);
    dirty_.insert(letter.partition);
    ++settled_;
    failed_on_end_ = 0;
}

void UnderWay::settle_at_once(const Position& place) {
    settling_.at(place.partition).settle(place.offset);
    dirty_.insert(place.partition);
}

std::vector<UnderWay::Progress> UnderWay::to_commit() const {
    std::vector<Progress> progress;
    for (const TopicPartition& partition : dirty_) {
        const Settling& settling = settling_.at(partition);
        progress.push_back({partition, settling.committable(), settling.map().text});
    }
    return progress;
}

void UnderWay::commit_ended(bool passed) {
    behind_ = !passed;
    if (passed) {
        dirty_.clear();
    }
}

}  // namespace core
