#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "tests/kafka/checks.hpp"
#include "tests/kafka/readings.hpp"
#include "tests/kafka/replay_tool.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t accounts = 2500;
constexpr std::size_t letters = 2 * accounts;
constexpr double rate = 2000;  // letters a second

// The emitter's new version says `member.password-changed.v1`, which the worker does not know yet.
constexpr const char* known_type = "account.password-changed.v1";
constexpr const char* new_type = "member.password-changed.v1";

std::string value_of(std::size_t account, int version) {
    return fmt::format("{}replay.{}.{}", value_mark, account, version);
}

// Takes the account from one of its first `versions` values to the next one; or, at last, to nothing.
SentEvent event_of(std::size_t account, int version, const char* type, bool last_words) {
    SentEvent event;
    event.id = fmt::format("replay-{}-{}", account, version);
    event.key = fmt::format("replay-account-{}", account);
    event.account = account;
    event.headers = {{"content-type", "application/cloudevents+json"}};
    event.leaves = last_words ? "" : value_of(account, version);
    std::string tokens;
    for (int older = 0; older < version; ++older) {
        tokens += fmt::format(
            R"({}{{"value":"{}"{}}})", older > 0 ? "," : "", value_of(account, older),
            last_words ? "" : fmt::format(R"(,"replacement":"{}")", event.leaves));
        event.demands.push_back(
            {last_words ? core::Action::erase : core::Action::update, value_of(account, older),
             event.leaves});
    }
    event.value = fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/lane","type":"{}","subject":"{}",)"
        R"("time":"2026-11-20T09:15:00Z","data":{{"app":"replay","sign_in_tokens":[{}]}}}})",
        event.id, type, event.key, tokens);
    return event;
}

// Two events of every account that become dead letters, and a newer one that does not.
struct Plot {
    std::vector<SentEvent> old;
    std::vector<SentEvent> live;
    History history;
};

Plot make_plot() {
    Plot plot;
    plot.history.app = "replay";
    for (std::size_t account = 0; account < accounts; ++account) {
        const bool last_words = account % 3 == 0;
        plot.history.accounts.push_back(
            {fmt::format("replay-account-{}", account), value_of(account, 0),
             last_words ? std::nullopt : std::optional{value_of(account, 3)}});
        plot.live.push_back(event_of(account, 3, known_type, last_words));
    }
    for (int version = 1; version <= 2; ++version) {
        for (std::size_t account = 0; account < accounts; ++account) {
            plot.old.push_back(event_of(account, version, new_type, false));
        }
    }
    return plot;
}

std::string replay_of(const core::Record& record) {
    for (const core::Header& header : record.headers) {
        if (header.name == "dlq.replay.of") {
            return header.value.value_or("");
        }
    }
    return {};
}

// What the log demands since the worker knows the new type, by account and in the order of the log; and how
// many of the replays were sent again.
struct Demanded {
    std::map<std::string, std::vector<DemandedCommand>> by_account;
    std::size_t replays = 0;
    std::size_t sent_again = 0;
};

Demanded demanded(Scene& scene, const Plot& plot) {
    std::map<std::string, const SentEvent*> events;
    for (const auto* list : {&plot.old, &plot.live}) {
        for (const SentEvent& event : *list) {
            events[*event.value] = &event;
        }
    }
    Demanded all;
    std::set<std::string> seen;
    for (const ReadRecord& each : scene.cluster().read(scene.source_topic())) {
        const auto event = events.find(each.record.value.value_or(""));
        require(event != events.end(), "the source topic holds what nobody sent");
        const std::string of = replay_of(each.record);
        const bool is_old = event->second->id.back() != '3';
        if (is_old && of.empty()) {
            continue;  // the original, which became a dead letter
        }
        require(is_old == !of.empty(), "a live event was replayed");
        if (is_old) {
            ++all.replays;
            all.sent_again += seen.insert(of).second ? 0 : 1;
        }
        for (const Demand& demand : event->second->demands) {
            all.by_account[event->second->key].emplace_back(demand.value, demand.replacement);
        }
    }
    require(seen.size() == letters, fmt::format("{} of {} letters were sent", seen.size(), letters));
    return all;
}

// In the order of the log and completely, account by account. Returns the repeats.
std::size_t require_in_order(const sim::Ledger& ledger, const Demanded& demanded, common::Instant crash) {
    std::map<std::string, std::string> account_of;  // by value
    std::map<std::string, Readings> readings;       // by account
    for (const auto& [account, commands] : demanded.by_account) {
        readings.emplace(account, Readings{commands});
        for (const DemandedCommand& command : commands) {
            account_of[command.first] = account;
        }
    }
    for (const sim::LedgerEntry& entry : ledger) {
        const auto account = account_of.find(entry.value);
        require(account != account_of.end(), "Apple received a command that no event demands");
        Readings& so_far = readings.at(account->second);
        so_far.received({entry.value, entry.replacement}, entry.received > crash);
        require(so_far.possible(), fmt::format("{}: a command out of order", account->second));
    }
    std::size_t repeats = 0;
    for (const auto& [account, so_far] : readings) {
        const std::optional<std::size_t> repeated = so_far.repeated_when_complete();
        require(repeated.has_value(), account + ": not every command was executed");
        repeats += *repeated;
    }
    return repeats;
}

}  // namespace

std::string check_replay(const Stage& stage) {
    Scene scene{stage, {.name = "replay"}};
    const Plot plot = make_plot();
    scene.stock(plot.history);
    scene.script({{.kind = sim::FaultKind::delay_answer, .delay = 5ms}});
    scene.cluster().produce(scene.source_topic(), plot.old);
    WorkerOptions options{.instance = "one", .in_flight_max = 200};
    {
        WorkerProcess worker = scene.start(options);
        scene.await_settled(worker);
        require(
            worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}") == letters,
            "not every event of the new version became a dead letter");
        require(worker.stop() == 0, "the worker did not end with 0");
    }
    options.more = fmt::format("events: {{type_aliases: {{{}: {}}}}}\n", new_type, known_type);
    std::optional<WorkerProcess> worker{scene.start(options)};
    const std::string config = scene.write_config(options);
    int runs = 0;
    const auto tool = [&](const std::vector<std::string>& arguments) {
        return ReplayTool{stage, config, fmt::format("{}/tool-{}.txt", scene.folder(), ++runs), arguments};
    };
    const std::vector<std::string> replay{"replay",       "--yes",  "--code",
                                          "unknown_type", "--rate", fmt::format("{}", rate)};
    std::size_t live = 0;
    const auto feed = [&](std::size_t most) {
        const std::size_t until = std::min(plot.live.size(), live + most);
        const auto at = [&](std::size_t i) { return plot.live.begin() + static_cast<std::ptrdiff_t>(i); };
        scene.cluster().produce(scene.source_topic(), {at(live), at(until)});
        live = until;
    };
    const auto records = [&] {
        std::int64_t sum = 0;
        for (const auto& [partition, end] : scene.cluster().ends(scene.source_topic())) {
            sum += end.value;
        }
        return static_cast<std::size_t>(sum);
    };
    // Two runs are killed under way, after a third of the letters each.
    for (std::size_t kill = 1; kill <= 2; ++kill) {
        ReplayTool run = tool(replay);
        const bool came = until(
            [&] {
                feed(20);
                return records() >= letters + live + kill * letters / 3;
            },
            40s);
        require(came, "the replay does not get on: " + run.output());
        run.child().signal(SIGKILL);
        require(run.child().wait(5s).has_value(), "the tool did not die");
    }
    ReplayTool last = tool(replay);
    const std::size_t before = records() - live;
    require(
        until(
            [&] {
                feed(20);
                return records() > before + live + 500;
            },
            40s),
        "the last replay does not get on: " + last.output());
    const common::Instant crash = steady_now();
    worker->kill();
    worker.emplace(scene.start(options));
    feed(plot.live.size());
    last.require_end(0);
    scene.await_settled(*worker);

    ReplayTool list = tool({"list", "--fail-when-open"});
    list.require_end(0);
    require(list.output().starts_with("0 open dead letters"), list.output());
    const Demanded all = demanded(scene, plot);
    const std::size_t repeats = require_in_order(scene.ledger(), all, crash);
    scene.require_store(plot.history);
    std::string measured = fmt::format(
        "{} dead letters replayed at {} a second beside {} live events, two kills of the tool and one of a "
        "worker: {} sent again, {} of {} commands repeated, order held, 0 open",
        letters, rate, plot.live.size(), all.sent_again, repeats, scene.requests());
    // A kill of the tool costs what was under way and what was settled since the last commit.
    require(all.sent_again <= 2 * static_cast<std::size_t>(256 + rate / 2), measured);
    require(worker->stop() == 0, "the worker did not end with 0");
    for (int run = 1; run <= runs; ++run) {
        std::ifstream file{fmt::format("{}/tool-{}.txt", scene.folder(), run)};
        scene.traces().look_at("the tool", std::string{std::istreambuf_iterator<char>{file}, {}});
    }
    for (const ReadRecord& each : scene.cluster().read(scene.receipts_topic())) {
        scene.traces().look_at("a receipt", each.record.value.value_or(""));
    }
    scene.require_no_traces();
    return measured;
}

}  // namespace lane
