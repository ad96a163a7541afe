#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "common/prng.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/fleet.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/load.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kills_a_round = 20;
constexpr std::size_t events_a_kill = 1500;  // at most
constexpr std::size_t backlog = 2000;        // commands, at least
constexpr std::chrono::seconds session{6};   // as Scene configures it

struct Round {
    std::size_t events = 0;
    std::size_t commands = 0;
    std::size_t processes = 0;
    std::size_t letters_again = 0;
    std::size_t late = 0;
    TenureVerdict verdict{};
};

struct Stroke {
    std::size_t which = 0;
    Blow blow = Blow::kill;
    std::chrono::milliseconds away{};
    std::size_t after_requests = 0;
};

// The last member is dynamic: it leaves the group when it stops, and its partitions wait for the session
// timeout when it is killed, which is rare because it takes long.
Stroke draw_stroke(common::Prng& prng, std::size_t workers) {
    const auto milliseconds = [&](std::uint64_t from, std::uint64_t to) {
        return std::chrono::milliseconds{from + prng.below(to - from + 1)};
    };
    Stroke stroke;
    stroke.which = static_cast<std::size_t>(prng.below(workers));
    stroke.after_requests = static_cast<std::size_t>(prng.below(1000));
    const bool dynamic = stroke.which + 1 == workers;
    const std::uint64_t drawn = prng.below(100);
    stroke.blow = drawn < (dynamic ? 10U : 50U) ? Blow::kill
                  : drawn < 65                  ? Blow::stop
                  : drawn < 75                  ? Blow::stop_twice
                                                : Blow::pause;
    const bool longer_than_a_session = prng.chance(0.08);
    stroke.away = longer_than_a_session ? milliseconds(7000, 9000)
                  : prng.chance(0.3)    ? 0ms
                                        : milliseconds(50, 2000);
    return stroke;
}

Round play(const Stage& stage, std::uint64_t seed, std::size_t kills) {
    common::Prng prng{seed};
    const std::string name = fmt::format("kill{}", seed);
    Scene scene{stage, {.name = name}};
    History history = draw_history(
        {.name = name, .seed = seed, .events = kills * events_a_kill, .people = 2000, .skew = 1.5});
    scene.stock(history);
    scene.script(
        {{.kind = sim::FaultKind::delay_answer, .probability = 0.05, .delay = 300ms},
         {.kind = sim::FaultKind::delay_answer, .delay = 40ms}});
    Load load{scene, history};

    load.feed(backlog);
    Fleet fleet{scene, {"one", "two", ""}, {.in_flight_max = 30}};
    for (std::size_t kill = 0; kill < kills;) {
        const Stroke stroke = draw_stroke(prng, fleet.size());
        const std::size_t aim = scene.requests() + stroke.after_requests;
        // By progress, so that it hits workers under load; by time too, so that it hits a rebalance.
        static_cast<void>(until(
            [&] {
                fleet.tend();
                load.feed(backlog);
                return scene.requests() >= aim;
            },
            1500ms));
        if (fleet.running(stroke.which)) {
            fleet.strike(stroke.which, stroke.blow, stroke.away);
            ++kill;
        }
    }
    Round round{.events = load.end(), .commands = history.demands()};
    fleet.muster();
    scene.await_settled(fleet.worker(0));
    fleet.dismiss();

    round.processes = fleet.tenures().size();
    round.verdict = judge_tenures(
        history, scene.ledger(), fleet.tenures(),
        {.session = session - 1s, .learns_within = 2s, .commits_within = 2s});
    round.late = fleet.late();
    require(round.verdict.problem.empty(), round.verdict.problem);
    scene.require_store(history);
    round.letters_again = require_dead_letters(scene, history, Repeats::some);
    require_receipts(scene, history, Repeats::some);
    scene.require_no_traces();
    return round;
}

}  // namespace

std::string check_kill(const Stage& stage) {
    std::size_t done = 0;
    std::string last;
    std::size_t commands = 0;
    std::size_t repeats = 0;
    for (std::uint64_t seed = stage.seed; done < stage.kills; ++seed) {
        const std::size_t kills = std::min(kills_a_round, stage.kills - done);
        Round round;
        try {
            round = play(stage, seed, kills);
        } catch (const std::exception& failure) {
            throw Failed{fmt::format("seed {}: {}", seed, failure.what())};
        }
        done += kills;
        const TenureVerdict& verdict = round.verdict;
        commands += round.commands;
        repeats += verdict.repeats_of_begun + verdict.repeats_of_finished;
        last = fmt::format(
            "seed {}: {} kills of {} processes, {} events, {} commands, {} in flight at kills; repeated {} "
            "of "
            "begun and {} of finished events, {} by paused workers, {} dead letters; {} drained late",
            seed, done, round.processes, round.events, round.commands, verdict.in_flight_at_kills,
            verdict.repeats_of_begun, verdict.repeats_of_finished, verdict.by_unaware, round.letters_again,
            round.late);
        if (stage.kills > kills_a_round) {
            fmt::print("{}\n", last);
            std::fflush(stdout);
        }
    }
    return stage.kills > kills_a_round
               ? fmt::format("{} kills, {} commands, {} repeated, none lost", done, commands, repeats)
               : last;
}

}  // namespace lane
