#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/fleet.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t letter_partitions = 3;

// What the running workers say together.
struct Owed {
    double invalid = 0;
    double rejected = 0;
    double exhausted = 0;
    double watched = 0;
    double expired = 0;
    double oldest = 0;
    std::vector<double> shares{};  // of what is watched

    [[nodiscard]] double open() const { return invalid + rejected + exhausted; }
};

struct Letters {
    std::size_t invalid = 0;
    std::size_t rejected = 0;
    [[nodiscard]] std::size_t all() const { return invalid + rejected; }
};

class Play {
public:
    explicit Play(const Stage& stage)
        : stage_{stage},
          scene_{stage, {.name = "ledger", .letter_partitions = letter_partitions}},
          history_{draw_history(
              {.name = "ledger", .seed = 5, .events = 300, .people = 80, .invalid_share = 0.1, .skew = 1})} {
        scene_.stock(history_);
        for (std::size_t account = 0; account < 15; ++account) {
            poison_.insert(history_.accounts[account].first_value);
        }
        scene_.script({{.kind = sim::FaultKind::reject_value, .values = poison_}});
        scene_.cluster().produce(scene_.source_topic(), history_.events);
        fleet_.emplace(scene_, std::vector<std::string>{"one", "two", "three"}, WorkerOptions{});
    }

    [[nodiscard]] Owed owed() {
        Owed sum;
        for (std::size_t which = 0; which < fleet_->size(); ++which) {
            if (!fleet_->running(which)) {
                continue;
            }
            const std::string page = fleet_->worker(which).get("/metrics").body;
            const auto value = [&](const std::string& rest) {
                return series_value(page, "autosignin_dead_letters_" + rest);
            };
            sum.invalid += value("open{reason=\"invalid\"}");
            sum.rejected += value("open{reason=\"rejected\"}");
            sum.exhausted += value("open{reason=\"exhausted\"}");
            sum.shares.push_back(value("watched"));
            sum.watched += sum.shares.back();
            sum.expired += value("expired_total");
            sum.oldest = std::max(sum.oldest, value("oldest_seconds"));
        }
        return sum;
    }

    // Waits until it is so; nothing must be counted twice meanwhile, nor anything be missing while nobody's
    // partitions change hands.
    void await(
        const std::string& what, const std::function<bool(const Owed&)>& condition, double least,
        double most) {
        Owed last;
        const bool came = until(
            [&] {
                fleet_->tend();
                last = owed();
                require(
                    last.open() <= most,
                    fmt::format("{}: {} are counted, there are {} at most", what, last.open(), most));
                require(
                    last.open() >= least,
                    fmt::format("{}: {} are counted, there are {} at least", what, last.open(), least));
                return condition(last);
            },
            60s);
        require(
            came,
            fmt::format(
                "{}: it did not come; invalid {} rejected {} exhausted {} watched {} expired {}", what,
                last.invalid, last.rejected, last.exhausted, fmt::join(last.shares, "+"), last.expired));
    }

    static bool is(const Owed& owed, const Letters& letters) {
        return owed.watched == letter_partitions && owed.invalid == static_cast<double>(letters.invalid) &&
               owed.rejected == static_cast<double>(letters.rejected) && owed.exhausted == 0;
    }

    // As they lie in the topic.
    [[nodiscard]] Letters letters() {
        Letters letters;
        for (const ReadRecord& each : scene_.cluster().read(scene_.dead_letter_topic())) {
            for (const core::Header& header : each.record.headers) {
                if (header.name == "dlq.reason") {
                    ++(header.value == "invalid" ? letters.invalid : letters.rejected);
                }
            }
        }
        return letters;
    }

    // `autosignin-worker dead-letters ...`: its exit code.
    int tool(std::vector<std::string> arguments) {
        std::vector<std::string> all{stage_.worker_program, "dead-letters"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.insert(
            all.end(), {"--config", scene_.folder() + "/worker-1.yaml", "--yes", "--why", "the check"});
        Child child{
            {.arguments = all,
             .environment = {"PATH=/usr/bin:/bin", "HOME=/nonexistent"},
             .output_file = scene_.folder() + "/tool.log"}};
        const auto code = child.wait(120s);
        require(code.has_value(), "dead-letters " + arguments.front() + " does not end");
        return *code;
    }
    [[nodiscard]] std::string tool_said() const {
        std::ifstream file{scene_.folder() + "/tool.log"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    const Stage& stage_;
    Scene scene_;
    History history_;
    std::set<std::string, std::less<>> poison_;
    std::optional<Fleet> fleet_;
};

}  // namespace

std::string check_ledger(const Stage& stage) {
    Play play{stage};
    Scene& scene = play.scene_;
    Fleet& fleet = *play.fleet_;
    scene.await_settled(fleet.worker(0));
    const Letters all = play.letters();
    const auto number = static_cast<double>(all.all());
    require(
        all.invalid == play.history_.invalid() && all.rejected > 10, "the letters are not what was planned");
    const auto shared = [&](const Owed& owed) {
        return owed.shares == std::vector<double>{1, 1, 1} && Play::is(owed, all) && owed.oldest > 0;
    };
    play.await("three share the watch", shared, 0, number);

    const common::Instant killed = steady_now();
    fleet.strike(1, Blow::kill, 24h);
    play.await(
        "two have it after a kill", [&](const Owed& owed) { return Play::is(owed, all); }, 0, number);
    const auto blind = std::chrono::duration_cast<std::chrono::seconds>(steady_now() - killed);
    fleet.strike(0, Blow::stop, 100ms);
    play.await(
        "and after a restart", [&](const Owed& owed) { return fleet.running(0) && Play::is(owed, all); }, 0,
        number);

    // The invalid ones come back as new letters of the same number: at no moment fewer are owed.
    const int again = play.tool({"replay", "--reason", "invalid", "--wait", "20"});
    require(again == 11, fmt::format("replay of invalid events: exit code {}; {}", again, play.tool_said()));
    require(play.letters().invalid == 2 * all.invalid, "not every invalid event came back");
    bool both = false;
    play.await(
        "they came back",
        [&](const Owed& owed) {
            both = both || owed.open() > number;
            return both && Play::is(owed, all);
        },
        number, number + static_cast<double>(all.invalid));

    // The cause is fixed, but Apple holds what is sent.
    scene.script({{.kind = sim::FaultKind::throttle, .retry_after_in = 1s}});
    const int held = play.tool({"replay", "--reason", "rejected", "--wait", "1"});
    require(held == 11, fmt::format("replay that is held: exit code {}; {}", held, play.tool_said()));
    const bool sank = until([&] { return play.owed().open() < number; }, 20s);
    require(!sank, "held replays are not counted any more");
    scene.script({});
    play.await(
        "executed",
        [&](const Owed& owed) {
            return Play::is(owed, {all.invalid, 0});
        },
        static_cast<double>(all.invalid), number);
    require(
        scene.cluster().lag_is_zero(scene.group(), scene.source_topic()),
        "replays are not counted any more, and not executed");

    const int discarded = play.tool({"discard", "--by", "lane", "--reason", "invalid"});
    require(discarded == 0, fmt::format("discard: exit code {}; {}", discarded, play.tool_said()));
    play.await(
        "discarded", [&](const Owed& owed) { return Play::is(owed, {}) && owed.oldest == 0; }, 0, number);

    // Retention takes what nobody looked after.
    std::vector<SentEvent> more;
    std::copy_if(
        play.history_.events.begin(), play.history_.events.end(), std::back_inserter(more),
        [](const SentEvent& event) { return !event.valid; });
    scene.cluster().produce(scene.source_topic(), more);
    const auto expiring = static_cast<double>(more.size());
    play.await(
        "new ones",
        [&](const Owed& owed) {
            return Play::is(owed, {more.size(), 0});
        },
        0, expiring);
    std::map<std::int32_t, std::int64_t> ends;
    for (const auto& [partition, end] : scene.cluster().ends(scene.dead_letter_topic())) {
        ends[partition] = end.value;
    }
    require(play.owed().expired == 0, "letters expired before any did");
    delete_records(scene.cluster().bootstrap(), scene.dead_letter_topic(), ends);
    play.await(
        "expired", [&](const Owed& owed) { return Play::is(owed, {}) && owed.expired == expiring; }, 0,
        expiring);
    for (const std::size_t which : {std::size_t{0}, std::size_t{2}}) {
        const int code = fleet.worker(which).stop();
        require(code == 0, fmt::format("worker {} ended with {}", which, code));
    }
    scene.require_no_traces();
    return fmt::format(
        "{} letters counted exactly by 3 workers; {} s after a kill by 2; {} came back, {} replayed, held "
        "and "
        "executed, {} discarded, {} expired",
        all.all(), blind.count(), all.invalid, all.rejected, all.invalid, more.size());
}

}  // namespace lane
