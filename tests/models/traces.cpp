// Takes the steps of a Spin model's random runs with the shipped code, and compares what both end up with
// after every commit: a model that has drifted from the code proves nothing about it.
//
//   spin -n7 -u400 -DTRACE ownership.pml | model_traces ownership     the engine
//   spin -n7 -u400 -DTRACE replay.pml    | model_traces replay        Settling and Ledger
//
// Prints how often what was seen and compared; exit code 1 and the step when they differ.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/engine/rig.hpp"
#include "worker/core/letters/ledger.hpp"
#include "worker/core/letters/settling.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace {

using core::Offset;
using namespace std::chrono_literals;

struct Step {
    std::string name;
    std::vector<std::int64_t> numbers;
};

// The lines that the model prints for us; what Spin says itself is passed over.
std::optional<Step> read_step(const std::string& line) {
    static const std::set<std::string> known{"assign", "answered", "unheard", "late",   "commit",
                                             "crash",  "reset",    "begin",   "settle", "written",
                                             "look",   "ask",      "close",   "worked", "forget"};
    std::istringstream words{line};
    Step step;
    if (!(words >> step.name) || known.count(step.name) == 0) {
        return std::nullopt;
    }
    std::int64_t number = 0;
    while (words >> number) {
        step.numbers.push_back(number);
    }
    return step;
}

[[noreturn]] void differ(std::size_t at, const Step& step, const std::string& how) {
    fmt::print("step {}, {} {}: {}\n", at, step.name, fmt::join(step.numbers, " "), how);
    std::exit(1);
}

// What the broker has committed: for the engine, or for a group of tools.
struct Committed {
    Offset offset{};
    std::string metadata;

    // Bit i: the record at i is below the offset or in the map.
    [[nodiscard]] std::int64_t bits(std::int64_t count) const {
        const core::DecodedMap map = core::decode_offset_map(offset, metadata);
        std::int64_t all = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            bool covered = Offset{i} < offset;
            for (const core::OffsetRange& range : map.ranges) {
                covered = covered || (range.first <= Offset{i} && Offset{i} <= range.last);
            }
            all |= covered ? std::int64_t{1} << i : 0;
        }
        return all;
    }
};

// How often what happened, for the caller to demand enough of each.
using Seen = std::map<std::string, std::size_t>;

class OwnershipPlayer {
public:
    static constexpr std::int64_t records = 3;

    void play(std::size_t at, const Step& step) {
        if (step.name == "reset") {
            broker_.offset = Offset{step.numbers[0]};
            return;
        }
        Worker& worker = workers_[static_cast<std::size_t>(step.numbers[0])];
        if (step.name == "assign") {
            assign(worker);
        } else if (step.name == "crash") {
            worker = {};
        } else if (step.name == "answered") {
            answer(worker, step.numbers[1]);
        } else if (step.name == "late") {
            executed_ |= std::int64_t{1} << step.numbers[1];
            land(worker, step.numbers[1]);
        } else if (step.name == "unheard") {
            executed_ |= std::int64_t{1} << step.numbers[1];
        } else if (step.name == "commit") {
            commit(at, step, worker);
        }
    }
    [[nodiscard]] const Seen& seen() const { return seen_; }

private:
    struct Worker {
        std::unique_ptr<rig::Rig> rig;
        std::map<std::int64_t, core::ExchangeId> flying;     // of the present ownership
        std::map<std::int64_t, core::ExchangeId> wandering;  // of earlier ones
    };

    void assign(Worker& worker) {
        if (!worker.rig) {
            worker.rig = std::make_unique<rig::Rig>(rig::settings(), rig::unassigned);
        } else {
            worker.rig->step(core::Revoked{{worker.rig->epoch}, true});
            worker.wandering.merge(worker.flying);
            worker.flying.clear();
            ++seen_["taken again"];
        }
        if (worker.rig->commit) {
            worker.rig->acknowledge_commit(false);  // the broker refuses it: its ownership is over
        }
        rig::Rig& rig = *worker.rig;
        rig.assign(broker_.offset.value, broker_.metadata);
        rig.next_offset = broker_.offset.value;
        while (rig.next_offset < records) {
            const std::string account = fmt::format("account-{}", rig.next_offset);
            rig.deliver(account, fmt::format("token-{}", rig.next_offset));
        }
        collect(worker);
    }

    static void collect(Worker& worker) {
        while (!worker.rig->requests.empty()) {
            const core::SendRequest request = worker.rig->take_request();
            const std::string body = rig::body(request);
            worker.flying[body[body.find("token-") + 6] - '0'] = request.id;
        }
    }

    // The answer to an earlier ownership's request: its account's lane waited for it.
    void land(Worker& worker, std::int64_t record) {
        const auto wandering = worker.wandering.find(record);
        if (worker.rig && wandering != worker.wandering.end()) {
            ++seen_["late answers"];
            worker.rig->answer(wandering->second, 204);
            worker.wandering.erase(wandering);
            collect(worker);
        }
    }

    void answer(Worker& worker, std::int64_t record) {
        executed_ |= std::int64_t{1} << record;
        land(worker, record);
        const auto flying = worker.flying.find(record);
        if (flying != worker.flying.end()) {
            worker.rig->answer(flying->second, 204);
            worker.flying.erase(flying);
            worker.rig->acknowledge_all_stores();
        }
    }

    void commit(std::size_t at, const Step& step, Worker& worker) {
        rig::Rig& rig = *worker.rig;
        if (rig.commit) {
            rig.acknowledge_commit(false);  // made earlier than the model's: it is made again
        }
        rig.pass_in_steps(3s);
        if (rig.commit) {
            broker_ = {rig.commit->partitions.back().offset, rig.commit->partitions.back().metadata};
            rig.acknowledge_commit();
        }
        const std::int64_t model =
            (step.numbers[2] << step.numbers[1]) | ((std::int64_t{1} << step.numbers[1]) - 1);
        if (broker_.offset != Offset{step.numbers[1]} || broker_.bits(records) != (model & 7)) {
            differ(
                at, step,
                fmt::format(
                    "the engine has committed {} with the finished records {:03b}", broker_.offset.value,
                    broker_.bits(records)));
        }
        if ((broker_.bits(records) & ~executed_) != 0) {
            differ(at, step, "the engine committed what nobody executed");
        }
        ++seen_[step.numbers[1] > 0 || step.numbers[2] > 0 ? "commits" : "empty commits"];
    }

    std::array<Worker, 2> workers_;
    Committed broker_;
    std::int64_t executed_ = 0;
    Seen seen_;
};

class ReplayPlayer {
public:
    static constexpr std::int64_t letters = 2;

    ReplayPlayer() { forget(); }

    void play(std::size_t at, const Step& step) {
        if (step.name == "written") {
            ++end_;
        } else if (step.name == "worked") {
            worked_ = Offset{step.numbers[0]};
        } else if (step.name == "look") {
            ledger_->settled(
                progress_.offset, core::decode_offset_map(progress_.offset, progress_.metadata).ranges);
        } else if (step.name == "ask") {
            for (const core::TopicPartition& source : ledger_->ends_wanted()) {
                ledger_->source_ends(source, Offset{end_});
            }
        } else if (step.name == "forget") {
            forget();
        } else if (step.name == "close") {
            close(at, step);
        } else {
            tool(at, step);
        }
    }
    [[nodiscard]] const Seen& seen() const { return seen_; }

private:
    void tool(std::size_t at, const Step& step) {
        auto& tool = tools_[static_cast<std::size_t>(step.numbers[0])];
        if (step.name == "begin") {
            tool.emplace(
                progress_.offset, core::decode_offset_map(progress_.offset, progress_.metadata).ranges);
            for (Offset letter = progress_.offset; letter < Offset{letters}; letter = letter + 1) {
                static_cast<void>(tool->found(letter));
            }
        } else if (step.name == "crash") {
            tool.reset();
        } else if (step.name == "settle" && tool) {
            const Offset letter{step.numbers[1]};
            if (!tool->fits_with(letter)) {
                differ(at, step, "the map does not hold two letters");
            }
            tool->take(letter);
            tool->settle(letter);
        } else if (step.name == "commit") {
            progress_ = {tool->committable(), tool->map().text};
            if (progress_.bits(letters) != step.numbers[1]) {
                differ(at, step, fmt::format("the tool committed {:02b}", progress_.bits(letters)));
            }
            ++seen_[step.numbers[1] > 0 ? "commits" : "empty commits"];
        }
    }

    void forget() {
        ledger_.emplace(closed_.offset, core::decode_offset_map(closed_.offset, closed_.metadata).ranges);
        for (Offset letter = closed_.offset; letter < Offset{letters}; letter = letter + 1) {
            ledger_->found(letter, {core::DeadLetterReason::rejected, {}, {"events", 0}});
        }
    }

    void close(std::size_t at, const Step& step) {
        for (const core::TopicPartition& source : ledger_->commits_wanted()) {
            ledger_->source_committed(source, worked_);
        }
        closed_ = {
            ledger_->committable(),
            core::encode_offset_map(ledger_->committable(), ledger_->closed_above()).text};
        if (closed_.bits(letters) != step.numbers[0]) {
            differ(at, step, fmt::format("the ledger closed {:02b}", closed_.bits(letters)));
        }
        ++seen_[step.numbers[0] > 0 ? "letters closed" : "none closed"];
    }

    std::array<std::optional<core::Settling>, 2> tools_;
    std::optional<core::Ledger> ledger_;
    Committed progress_;
    Committed closed_;
    std::int64_t end_ = 0;
    Offset worked_{};
    Seen seen_;
};

template <class Player>
int play() {
    Player player;
    std::size_t steps = 0;
    for (std::string line; std::getline(std::cin, line);) {
        if (const auto step = read_step(line)) {
            player.play(++steps, *step);
        }
    }
    for (const auto& [what, times] : player.seen()) {
        fmt::print("{} {}\n", times, what);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string model = argc == 2 ? argv[1] : "";
    if (model == "ownership") {
        return play<OwnershipPlayer>();
    }
    if (model == "replay") {
        return play<ReplayPlayer>();
    }
    fmt::print(stderr, "usage: model_traces ownership|replay < trace\n");
    return 2;
}
