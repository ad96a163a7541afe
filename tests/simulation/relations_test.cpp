// What must be equal in two runs of one world: who else is served, when a worker starts again and how
// partitions are numbered are nobody's outcome.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/world.hpp"

namespace simulation {
namespace {

// What became of the records of each account, in log order: done, or which commands are owed.
using Outcomes = std::map<std::size_t, std::vector<std::optional<std::set<std::size_t>>>>;

struct Run {
    Report report;
    Outcomes outcomes;
};

sim::Swarm swarm_of(std::uint64_t seed) {
    sim::Choices choices{seed};
    return sim::draw_swarm(choices);
}

// Where Apple rejects by mistake, what becomes a dead letter depends on who asked when; where operators are
// about, on when they looked.
bool timing_decides(std::uint64_t seed) {
    const sim::Swarm swarm = swarm_of(seed);
    return swarm.rejections || swarm.operators;
}

Run run(World& world) {
    Run run{world.run(), {}};
    for (std::size_t record = 0; record < world.plan.records.size(); ++record) {
        run.outcomes[world.plan.records[record].account].push_back(world.referee.dead_lettered(record));
    }
    return run;
}

Run run(std::uint64_t seed, std::function<void(sim::Plan&)> revise, std::function<void(World&)> between) {
    World world{
        {.choices = sim::Choices{seed}, .revise = std::move(revise), .between_steps = std::move(between)}};
    return run(world);
}

std::size_t busiest(const Outcomes& outcomes) {
    return std::max_element(
               outcomes.begin(), outcomes.end(),
               [](const auto& left, const auto& right) { return left.second.size() < right.second.size(); })
        ->first;
}

// The records of the others were never written: their offsets are holes.
void keep_only(sim::Plan& plan, std::size_t account) {
    std::vector<sim::PlannedRecord> kept;
    plan.places.clear();
    for (auto& log : plan.logs) {
        std::vector<std::size_t> indices;
        for (const std::size_t record : log) {
            if (plan.records[record].account != account) {
                continue;
            }
            indices.push_back(kept.size());
            kept.push_back(std::move(plan.records[record]));
            for (std::size_t command = 0; command < kept.back().commands.size(); ++command) {
                plan.places[kept.back().commands[command]].push_back({indices.back(), command});
            }
        }
        log = std::move(indices);
    }
    plan.records = std::move(kept);
    std::erase_if(plan.sign_ins, [&](const auto& sign_in) { return sign_in.account != account; });
    for (std::size_t other = 0; other < plan.accounts.size(); ++other) {
        if (other != account) {
            plan.accounts[other].last_value = plan.accounts[other].first_value;
        }
    }
}

void number_backwards(sim::Plan& plan) {
    const std::size_t last = plan.partitions.size() - 1;
    std::reverse(plan.logs.begin(), plan.logs.end());
    for (sim::PlannedRecord& record : plan.records) {
        record.partition = last - record.partition;
    }
    for (sim::PlannedAccount& account : plan.accounts) {
        account.partition = last - account.partition;
    }
}

constexpr std::uint64_t seeds = 70;

TEST_CASE("other accounts never change an account's outcome") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (timing_decides(seed)) {
            continue;
        }
        CAPTURE(seed);
        const Run all = run(seed, {}, {});
        REQUIRE_FALSE(all.report.broken.has_value());
        const std::size_t account = busiest(all.outcomes);
        const Run alone = run(seed, [&](sim::Plan& plan) { keep_only(plan, account); }, {});
        CHECK_MESSAGE(!alone.report.broken, (alone.report.broken ? alone.report.broken->seen : ""));
        CHECK(alone.outcomes.at(account) == all.outcomes.at(account));
    }
}

TEST_CASE("a restart at any step ends in the same state") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (timing_decides(seed)) {
            continue;
        }
        CAPTURE(seed);
        std::uint64_t steps = 0;
        const Run smooth = run(seed, {}, [&](World&) { ++steps; });
        REQUIRE_FALSE(smooth.report.broken.has_value());
        for (const std::uint64_t part : {1U, 2U, 3U}) {
            const std::uint64_t at = steps * part / 4;
            CAPTURE(at);
            std::uint64_t step = 0;
            const Run restarted = run(seed, {}, [&](World& world) {
                if (step++ == at) {
                    world.crash_one();
                }
            });
            CHECK_MESSAGE(
                !restarted.report.broken, (restarted.report.broken ? restarted.report.broken->seen : ""));
            CHECK(restarted.outcomes == smooth.outcomes);
        }
    }
}

TEST_CASE("another order of partitions ends in the same state") {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (timing_decides(seed)) {
            continue;
        }
        CAPTURE(seed);
        const Run forwards = run(seed, {}, {});
        REQUIRE_FALSE(forwards.report.broken.has_value());
        const Run backwards = run(seed, number_backwards, {});
        CHECK_MESSAGE(
            !backwards.report.broken, (backwards.report.broken ? backwards.report.broken->seen : ""));
        CHECK(backwards.outcomes == forwards.outcomes);
    }
}

// No version was released before this one, so the others are a later one, whose maps this one must not read,
// and one from before there were maps: worker/sim/kafka/map_dialect.hpp.
TEST_CASE(
    "workers of other versions in the group end in the same state, and maps that cannot be read are told") {
    std::uint64_t not_read = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        if (timing_decides(seed)) {
            continue;
        }
        CAPTURE(seed);
        sim::Swarm swarm = swarm_of(seed);
        swarm.workers = 3;
        const auto with = [&](bool mixed) {
            swarm.map_versions = mixed;
            World world{{.choices = sim::Choices{seed}, .swarm = swarm}};
            Run ended = run(world);
            const auto probe = static_cast<std::size_t>(sim::Probe::map_of_another_version);
            not_read += world.referee.probes()[probe];
            return ended;
        };
        const Run alike = with(false);
        REQUIRE_FALSE(alike.report.broken.has_value());
        const Run mixed = with(true);
        CHECK_MESSAGE(!mixed.report.broken, (mixed.report.broken ? mixed.report.broken->seen : ""));
        CHECK(mixed.outcomes == alike.outcomes);
    }
    CHECK(not_read > 0);
}

}  // namespace
}  // namespace simulation
