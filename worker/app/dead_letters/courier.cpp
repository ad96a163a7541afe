#include "worker/app/dead_letters/courier.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

using namespace std::chrono_literals;
using ports::steady_now;

constexpr common::Duration commit_interval = 200ms;
constexpr common::Duration longest_end = 40s;  // librdkafka gives every store an end within 30 s
constexpr core::StoreId single_id{0};

}  // namespace

common::Result<kafka::GroupOffset> Courier::committed(const core::TopicPartition& partition) {
    const auto offsets = member_->offsets({partition}, 10s);
    if (!offsets) {
        return offsets.error();
    }
    return offsets->front();
}

common::Result<bool> Courier::store_now(core::OutgoingRecord record) {
    if (const auto missing = sink_.prepare({record.topic}, 10s); !missing.empty()) {
        return common::Error{fmt::format("the brokers do not name the topic {}: is it there?", record.topic)};
    }
    single_.reset();
    sink_.store({single_id, core::StoreKind::receipt, std::move(record)});
    const common::Instant deadline = steady_now() + longest_end;
    while (!single_ && steady_now() < deadline) {
        collect(50ms);
        if (member_) {
            static_cast<void>(member_->still_sole());  // asked again before anything is sent
        }
    }
    if (!single_) {
        return common::Error{"no answer from the brokers"};
    }
    return single_->result == core::StoreResult::acknowledged ? common::Result<bool>{true}
                                                              : common::Error{single_->error};
}

bool Courier::take(const core::Position& letter, std::vector<core::OutgoingRecord> records) {
    if (!pump({})) {
        return false;
    }
    while (!book_.may_take()) {
        if (!pump(50ms)) {
            return false;
        }
    }
    for (core::Store& store : book_.take(letter, std::move(records))) {
        sink_.store(std::move(store));
    }
    return true;
}

void Courier::give_up(std::string why) {
    given_up_ = true;
    last_error_ = std::move(why);
}

bool Courier::pump(common::Duration wait) {
    if (given_up_) {
        return false;
    }
    collect(wait);
    if (sink_.fatal()) {
        give_up("Kafka refuses this producer for good");
    } else if (book_.failed_on_end() >= core::UnderWay::failed_on_end_max) {
        give_up(fmt::format(
            "the brokers did not take {} letters on end ({})", book_.failed_on_end(), last_error_));
    } else if (steady_now() >= next_commit_) {
        commit_now_and_then();
    }
    return !given_up_;
}

bool Courier::idle(common::Duration wait) {
    if (member_) {
        return pump(wait);
    }
    collect(wait);
    return true;
}

void Courier::commit_now_and_then() {
    next_commit_ = steady_now() + commit_interval;
    if (!member_->still_sole()) {
        return give_up("somebody else took the replay group over");
    }
    if (const auto done = commit(); done) {
        behind_since_.reset();
        return;
    } else if (!behind_since_) {
        behind_since_ = steady_now();
    } else if (steady_now() - *behind_since_ > longest_end) {
        give_up(done.error().message);
    }
}

void Courier::collect(common::Duration wait) {
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
}

void Courier::ended(const core::StoreEnded& end) {
    if (end.id == single_id) {
        single_ = end;
        return;
    }
    book_.ended(end);
    last_error_ = end.result != core::StoreResult::acknowledged ? end.error : last_error_;
}

common::Result<bool> Courier::commit() {
    std::vector<kafka::GroupOffset> offsets;
    for (core::UnderWay::Progress& progress : book_.to_commit()) {
        offsets.push_back({std::move(progress.partition), progress.committed, std::move(progress.map)});
    }
    if (offsets.empty()) {
        return true;
    }
    auto done = member_->commit(offsets);
    book_.commit_ended(static_cast<bool>(done));
    return done;
}

common::Result<bool> Courier::finish() {
    const common::Instant deadline = steady_now() + longest_end;
    while (!book_.empty() && steady_now() < deadline && pump(50ms)) {
    }
    // What was sent has an end, whether or not it can still be committed.
    while (!book_.empty() && steady_now() < deadline) {
        collect(50ms);
    }
    if (!member_->still_sole()) {
        return common::Error{
            "somebody else took the replay group over; what was sent last may be sent again"};
    }
    return commit();
}

}  // namespace app::dead_letters
