// The engine's whole work for one event, without any I/O: received, decoded, sent, answered with 204, its
// receipt stored, finished, committed.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "common/invariant.hpp"
#include "tests/bench/events.hpp"
#include "worker/adapters/auth/fingerprint.hpp"
#include "worker/core/engine/engine.hpp"

namespace {

using namespace std::chrono_literals;

core::Settings settings(std::size_t in_flight_max) {
    core::Settings settings;
    settings.credentials = {{.name = "tv", .endpoint = core::EndpointId{0}}};
    settings.endpoints = {{.name = "apple"}};
    settings.rules.apps = {{"tv", core::AppId{0}}};
    settings.receipts_topic = "receipts";
    settings.time_to_execute = {60s, 15min, 60s, 15min};
    settings.fingerprint = auth::Fingerprinter::with_random_key();
    settings.in_flight_max = in_flight_max;
    return settings;
}

// A world that answers everything one turn later, `turn` records at a time, as the worker's loop would.
class World {
public:
    explicit World(std::size_t turn) : engine_{settings(turn)}, turn_{turn} {
        inputs_.emplace_back(core::Assigned{core::Epoch{1}, {"account-events", 0}, core::Offset{0}, {}});
        for (std::size_t i = 0; i < 1024; ++i) {
            accounts_.push_back(bench::account(i));
            events_.push_back(bench::event_text(i));
        }
    }

    void turn() {
        for (std::size_t i = 0; i < turn_; ++i) {
            deliver();
        }
        effects_.clear();
        now_.steady += 1ms;
        now_.wall += 1ms;
        engine_.step(inputs_, now_, effects_);
        inputs_.clear();
        for (core::Effect& effect : effects_) {
            if (const auto* send = std::get_if<core::SendRequest>(&effect)) {
                inputs_.emplace_back(core::ExchangeEnded{send->id, core::Answer{.status = 204}});
            } else if (const auto* store = std::get_if<core::Store>(&effect)) {
                inputs_.emplace_back(core::StoreEnded{store->id, core::StoreResult::acknowledged, {}});
            } else if (std::holds_alternative<core::Commit>(effect)) {
                inputs_.emplace_back(core::CommitEnded{});
            }
        }
    }

    [[nodiscard]] const core::Counters& counters() const { return engine_.stats().counters; }

private:
    void deliver() {
        core::Record record;
        record.epoch = core::Epoch{1};
        record.offset = core::Offset{next_};
        const auto at = static_cast<std::size_t>(next_++) % events_.size();
        record.key = accounts_[at];
        record.value = events_[at];
        record.timestamp = now_.wall;
        inputs_.emplace_back(core::Received{std::move(record)});
    }

    core::Engine engine_;
    std::size_t turn_;
    common::Now now_{common::Instant{1h}, common::WallTime{std::chrono::milliseconds{1767323045000}}};
    std::vector<std::string> accounts_;
    std::vector<std::string> events_;
    std::vector<core::Input> inputs_;
    core::Effects effects_;
    std::int64_t next_ = 0;
};

// The time is of one event.
void engine_whole_event(benchmark::State& state) {
    World world{64};
    while (state.KeepRunningBatch(64)) {
        world.turn();
    }
    INVARIANT(world.counters().receipts + 256 > world.counters().records, "every event came to its end");
}
BENCHMARK(engine_whole_event);

}  // namespace
