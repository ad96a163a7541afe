// An engine with one app, one partition and hands: tests deliver events, answer requests and acknowledge
// stores.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "common/invariant.hpp"
#include "worker/core/engine/engine.hpp"

namespace rig {

using namespace std::chrono_literals;

inline core::Settings settings() {
    core::Settings settings;
    settings.credentials = {{.name = "tv", .endpoint = core::EndpointId{0}}};
    settings.endpoints = {{.name = "apple"}};
    settings.rules.apps = {{"tv", core::AppId{0}}};
    settings.receipts_topic = "receipts";
    settings.time_to_execute = {60s, 15min, 60s, 15min};
    settings.seed = 7;
    return settings;
}

struct Unassigned {};
inline constexpr Unassigned unassigned;

class Rig {
public:
    explicit Rig(core::Settings with = settings()) : engine{std::move(with)} { assign(); }
    // Without its partition.
    Rig(core::Settings with, Unassigned) : engine{std::move(with)} {}

    void assign(std::int64_t next = 0, std::string metadata = {}) {
        epoch = core::Epoch{epoch.value + 1};
        step(core::Assigned{epoch, {"events", 0}, core::Offset{next}, std::move(metadata)});
    }

    void step(core::Input input) {
        std::vector<core::Input> inputs;
        inputs.push_back(std::move(input));
        run(inputs);
    }

    void pass(common::Duration time) {
        now.steady += time;
        now.wall += std::chrono::duration_cast<common::WallTime::duration>(time);
        step(core::Tick{});
    }

    // Lets time pass, deadline by deadline, so that nothing is skipped.
    void pass_in_steps(common::Duration time) {
        const common::Instant until = now.steady + time;
        while (engine.next_deadline() <= until) {
            pass(std::max<common::Duration>(1ms, engine.next_deadline() - now.steady));
        }
        pass(until - now.steady);
    }

    // Delivers a Delete of one token, or an Update when a replacement is given.
    core::Offset deliver(
        const std::string& account, const std::string& token, const std::string& replacement = {},
        const std::string& type = {}) {
        const std::string item =
            replacement.empty() ? fmt::format(R"({{"value":"{}"}})", token)
                                : fmt::format(R"({{"value":"{}","replacement":"{}"}})", token, replacement);
        const std::string kind = !type.empty()         ? type
                                 : replacement.empty() ? "opted-out"
                                                       : "password-changed";
        return deliver_text(
            account,
            fmt::format(
                R"({{"specversion":"1.0","id":"e-{}","source":"/accounts","type":"account.{}.v1","subject":"{}",)"
                R"("time":"2026-01-02T03:04:05Z","datacontenttype":"application/json",)"
                R"("data":{{"app":"tv","sign_in_tokens":[{}]}}}})",
                next_offset, kind, account, item));
    }

    core::Offset deliver_text(const std::string& key, std::string value) {
        return deliver_record(key, std::move(value), {});
    }

    core::Offset deliver_record(const std::string& key, std::string value, core::Headers headers) {
        core::Record record;
        record.headers = std::move(headers);
        record.epoch = epoch;
        record.offset = core::Offset{next_offset++};
        record.key = key;
        record.value = std::move(value);
        record.timestamp = now.wall;
        const core::Offset offset = record.offset;
        step(core::Received{std::move(record)});
        return offset;
    }

    // The oldest request not answered yet; its body tells the token.
    core::SendRequest take_request() {
        INVARIANT(!requests.empty(), "the engine sent nothing");
        core::SendRequest request = std::move(requests.front());
        requests.pop_front();
        return request;
    }
    void answer(core::ExchangeId id, core::Exchange exchange) {
        step(core::ExchangeEnded{id, std::move(exchange)});
    }
    void answer(core::ExchangeId id, int status) { answer(id, core::Answer{.status = status}); }
    void answer_oldest(int status) { answer(take_request().id, status); }
    void answer_all(int status) {
        for (std::size_t left = requests.size(); left > 0; --left) {
            answer_oldest(status);
        }
    }

    void acknowledge_stores(core::StoreResult result = core::StoreResult::acknowledged) {
        std::deque<core::Store> taken;
        taken.swap(stores);
        for (const core::Store& store : taken) {
            stored.push_back(store);
            step(core::StoreEnded{store.id, result, "ERR"});
        }
    }
    void acknowledge_all_stores() {
        while (!stores.empty()) {
            acknowledge_stores();
        }
    }
    void acknowledge_commit(bool ok = true) {
        INVARIANT(commit.has_value(), "nothing is being committed");
        if (ok) {
            committed = commit->partitions.back();
        }
        commit.reset();
        step(core::CommitEnded{ok, "ERR"});
    }

    [[nodiscard]] std::size_t dead_letters() const {
        std::size_t count = 0;
        for (const core::Store& store : stored) {
            count += store.kind == core::StoreKind::dead_letter ? 1 : 0;
        }
        return count;
    }
    [[nodiscard]] std::uint64_t settled(core::EventType type, core::Outcome outcome) const {
        return engine.stats()
            .counters.events_settled[static_cast<std::size_t>(type)][static_cast<std::size_t>(outcome)];
    }
    // Of one of achieved_outcomes.
    [[nodiscard]] const common::Histogram& took(core::EventType type, core::Outcome outcome) const {
        return engine.stats()
            .time_to_execute[static_cast<std::size_t>(type)][static_cast<std::size_t>(outcome)];
    }
    [[nodiscard]] core::Status status() const { return engine.status(now); }

    core::Engine engine;
    common::Now now{common::Instant{1h}, common::WallTime{std::chrono::milliseconds{1767323045000}}};
    core::Epoch epoch{};
    std::int64_t next_offset = 0;

    std::deque<core::SendRequest> requests;
    std::deque<core::Store> stores;
    std::vector<core::Store> stored;
    std::optional<core::Commit> commit;
    std::optional<core::PartitionCommit> committed;
    std::vector<core::Epoch> released;
    std::vector<core::Say> said;
    std::set<core::Epoch> paused_epochs;
    int paused = 0;
    int resumed = 0;
    int renewed = 0;
    std::optional<core::Finish> finish;

private:
    void run(std::vector<core::Input>& inputs) {
        core::Effects effects;
        engine.step(inputs, now, effects);
        for (core::Effect& effect : effects) {
            if (auto* send = std::get_if<core::SendRequest>(&effect)) {
                requests.push_back(std::move(*send));
            } else if (auto* store = std::get_if<core::Store>(&effect)) {
                stores.push_back(std::move(*store));
            } else if (auto* wanted = std::get_if<core::Commit>(&effect)) {
                INVARIANT(!commit, "two commits under way");
                commit = std::move(*wanted);
            } else if (auto* let_go = std::get_if<core::Release>(&effect)) {
                released.insert(released.end(), let_go->epochs.begin(), let_go->epochs.end());
            } else if (auto* line = std::get_if<core::Say>(&effect)) {
                said.push_back(std::move(*line));
            } else if (auto* finished = std::get_if<core::Finish>(&effect)) {
                finish = *finished;
            } else if (std::holds_alternative<core::RenewCredential>(effect)) {
                ++renewed;
            } else if (const auto* pause = std::get_if<core::Pause>(&effect)) {
                ++paused;
                paused_epochs.insert(pause->epoch);
            } else {
                ++resumed;
                paused_epochs.erase(std::get<core::Resume>(effect).epoch);
            }
        }
    }
};

// The first log line of that name; null: none.
inline const core::Say* line_of(const Rig& rig, std::string_view event) {
    const auto found = std::find_if(
        rig.said.begin(), rig.said.end(), [event](const core::Say& each) { return each.event == event; });
    return found == rig.said.end() ? nullptr : &*found;
}

// "none" where the line has no such field.
inline std::string field_of(const core::Say& line, std::string_view name) {
    const auto found = std::find_if(
        line.fields.begin(), line.fields.end(), [name](const auto& each) { return each.first == name; });
    return found == line.fields.end() ? "none" : found->second;
}

inline std::string body(const core::SendRequest& request) {
    return std::string{request.request.body.expose()};
}

}  // namespace rig
