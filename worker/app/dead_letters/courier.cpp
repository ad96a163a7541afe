#include "worker/app/dead_letters/courier.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

using namespace std::chrono_literals;
using ports::steady_now;

constexpr std::size_t under_way_max = 256;
constexpr common::Duration commit_interval = 200ms;
constexpr common::Duration longest_end = 40s;  // librdkafka gives every store an end within 30 s

}  // namespace

void Courier::begin(const core::TopicPartition& partition, core::Settling settling) {
    settling_.insert_or_assign(partition, std::move(settling));
}

bool Courier::take(const core::Position& letter, std::vector<core::OutgoingRecord> records) {
    while (under_way_.size() >= under_way_max) {
        if (!pump(50ms)) {
            return false;
        }
    }
    if (!pump({})) {
        return false;
    }
    const std::uint64_t number = next_id_;
    settling_.at(letter.partition).take(letter.offset);
    under_way_.emplace(number, UnderWay{letter, records.size()});
    for (core::OutgoingRecord& record : records) {
        letter_of_.emplace(next_id_, number);
        sink_.store({core::StoreId{next_id_++}, core::StoreKind::receipt, std::move(record)});
    }
    return true;
}

void Courier::settle_at_once(const core::Position& place) {
    settling_.at(place.partition).settle(place.offset);
    dirty_.insert(place.partition);
}

bool Courier::pump(common::Duration wait) {
    if (wait > common::Duration{}) {
        pollfd ready{sink_.wake_fd(), POLLIN, 0};
        const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
        static_cast<void>(::poll(&ready, 1, static_cast<int>(milliseconds)));
    }
    std::vector<core::Input> inputs;
    sink_.collect(inputs);
    for (const core::Input& input : inputs) {
        if (const auto* const end = std::get_if<core::StoreEnded>(&input)) {
            ended(*end);
        }
    }
    if (steady_now() >= next_commit_) {
        next_commit_ = steady_now() + commit_interval;
        if (!member_.still_sole()) {
            last_error_ = "somebody else took the replay group over";
            return false;
        }
        if (const auto done = commit(); !done) {
            last_error_ = done.error().message;  // the next commit covers it
        }
    }
    return true;
}

void Courier::ended(const core::StoreEnded& end) {
    const auto owner = letter_of_.find(end.id.value);
    const auto letter = under_way_.find(owner->second);
    letter_of_.erase(owner);
    UnderWay& state = letter->second;
    if (end.result != core::StoreResult::acknowledged) {
        state.failed = true;
        last_error_ = end.error;
    }
    if (--state.outstanding > 0) {
        return;
    }
    core::Settling& settling = settling_.at(state.letter.partition);
    if (state.failed) {
        settling.give_back(state.letter.offset);
        ++failed_;
    } else {
        settling.settle(state.letter.offset);
        dirty_.insert(state.letter.partition);
        ++settled_;
    }
    under_way_.erase(letter);
}

common::Result<bool> Courier::commit() {
    std::vector<kafka::GroupOffset> offsets;
    for (const core::TopicPartition& partition : dirty_) {
        const core::Settling& settling = settling_.at(partition);
        offsets.push_back({partition, settling.committable(), settling.map().text});
    }
    if (offsets.empty()) {
        return true;
    }
    auto done = member_.commit(offsets);
    if (done) {
        dirty_.clear();
    }
    return done;
}

common::Result<bool> Courier::finish() {
    const common::Instant deadline = steady_now() + longest_end;
    while (!under_way_.empty() && steady_now() < deadline) {
        if (!pump(50ms)) {
            return common::Error{last_error_};
        }
    }
    return commit();
}

}  // namespace app::dead_letters
