// The faults of a world, as a script: each class draws a few windows or moments, all before the calm.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "tests/simulation/world.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;
using sim::FaultKind;

struct Window {
    common::Instant from;
    common::Instant until;
};

class Chaos {
public:
    explicit Chaos(World& world) : world_{world}, choices_{world.choices} {}

    void script() {
        const sim::Swarm& swarm = world_.swarm;
        poison();
        if (swarm.apple_errors) {
            errors();
        }
        if (swarm.apple_outages) {
            some(1, 3, [this] { outage(); });
        }
        if (swarm.throttles) {
            some(1, 3, [this] { throttle(); });
        }
        if (swarm.credential_refusals) {
            some(1, 3, [this] { refuse_credential(); });
        }
        if (swarm.wire_losses) {
            some(1, 4, [this] { lose_wire(); });
        }
        if (swarm.rejections) {
            some(1, 3, [this] { reject(); });
        }
        if (swarm.slow_apple) {
            some(1, 2, [this] { slow(); });
        }
        if (swarm.rebalances) {
            some(1, 6, [this] { at_some_time([](World& world) { world.broker.rebalance(); }); });
        }
        if (swarm.losses) {
            some(1, 3, [this] {
                at_some_time([](World& world) { world.broker.lose(world.choices.skewed(1ms, 10s)); });
            });
        }
        if (swarm.crashes) {
            some(1, 4, [this] { at_some_time([](World& world) { world.crash_one(); }); });
        }
        if (swarm.drains) {
            some(1, 2, [this] { at_some_time([](World& world) { world.drain_one(); }); });
        }
        if (swarm.store_failures) {
            some(1, 3, [this] { stores_fail(); });
        }
        if (swarm.commit_failures) {
            some(1, 3, [this] { commits_fail(); });
        }
        if (swarm.pauses) {
            some(1, 4, [this] { at_some_time([](World& world) { world.pause_one(); }); });
        }
        if (swarm.rewinds) {
            some(1, 3, [this] {
                while_open(
                    window(1s, 30s), [](sim::Weather& weather) { weather.rewinds_percent = 30; },
                    [](sim::Weather& weather) { weather.rewinds_percent = 0; });
            });
        }
        if (swarm.late_stores) {
            some(1, 3, [this] {
                const auto percent = static_cast<unsigned>(choices_.between(5, 80));
                while_open(
                    window(1s, 30s), [=](sim::Weather& weather) { weather.stores_late_percent = percent; },
                    [](sim::Weather& weather) { weather.stores_late_percent = 0; });
            });
        }
        if (swarm.key_rotations) {
            some(1, 3, [this] { rotate_key(window(500ms, 20s)); });
        }
        if (swarm.slow_account) {
            slow_account();
        }
        if (swarm.partition_behind) {
            const std::size_t partition = choices_.below(swarm.partitions);
            while_open(
                window(5s, 60s), [=](sim::Weather& weather) { weather.partition_behind = partition; },
                [](sim::Weather& weather) { weather.partition_behind.reset(); });
        }
        if (swarm.wall_jumps) {
            some(1, 3, [this] { at_some_time(jump_wall); });
        }
        world_.timeline.at(world_.calm_at, [&world = world_] { calm(world); });
    }

private:
    template <class Action>
    void some(std::size_t least, std::size_t most, Action action) {
        for (std::size_t left = choices_.between(least, most); left > 0; --left) {
            action();
        }
    }

    // The script is gone by then, so what is announced holds the world alone.
    void at_some_time(void (*action)(World&)) {
        const common::Instant when = window(0s, 0s).from;
        world_.timeline.at(when, [&world = world_, action] { action(world); });
    }

    Window window(common::Duration shortest, common::Duration longest) {
        const common::Instant start = world_.timeline.now().steady;
        const common::Instant from = start + choices_.between({}, world_.swarm.calm_after);
        const common::Duration length = choices_.between(shortest, longest);
        return {from, std::min(from + length, world_.calm_at)};
    }

    void add(sim::Fault fault, Window when, double probability = 1) {
        fault.from = when.from;
        fault.until = when.until;
        fault.probability = probability;
        world_.inputs.count_fault(fault.kind);
        world_.apple.add(std::move(fault));
    }

    // Changes the weather for a while.
    template <class Change, class Undo>
    void while_open(Window when, Change change, Undo undo) {
        world_.timeline.at(when.from, [&weather = world_.weather, change] { change(weather); });
        world_.timeline.at(when.until, [&weather = world_.weather, undo] { undo(weather); });
    }

    std::string some_bundle() {
        return choices_.chance(50) ? std::string{}
                                   : sim::bundle_id(core::AppId{
                                         static_cast<std::uint32_t>(choices_.below(world_.swarm.apps))});
    }

    void poison() {
        if (!world_.plan.rejected_values.empty()) {
            world_.inputs.count_fault(FaultKind::reject_value);
            world_.apple.add(
                {.kind = FaultKind::reject_value,
                 .until = poison_ends(),
                 .values = world_.plan.rejected_values});
        }
        if (!world_.plan.failing_values.empty()) {
            world_.inputs.count_fault(FaultKind::fail_value);
            world_.apple.add(
                {.kind = FaultKind::fail_value,
                 .until = poison_ends(),
                 .values = world_.plan.failing_values,
                 .status = 500});
        }
    }

    common::Instant poison_ends() {
        const auto& after = world_.swarm.heals_after;
        return after ? world_.timeline.now().steady + *after : common::never;
    }

    // One by one, each value a few times at most, so that no command fails often enough to be given up.
    void errors() {
        const std::vector<FaultKind> kinds{
            FaultKind::fail,           FaultKind::lose_answer,     FaultKind::drop_request,
            FaultKind::delay_answer,   FaultKind::delay_execution, FaultKind::stall,
            FaultKind::refuse_stream,  FaultKind::go_away,         FaultKind::close_unexecuted,
            FaultKind::close_executed, FaultKind::tear_body};
        some(1, 3, [&] {
            sim::Fault fault{.kind = choices_.one_of(kinds)};
            fault.delay = choices_.between(100ms, 20s);
            fault.status = choices_.chance(50) ? 503 : 500;
            fault.body = choices_.chance(50) ? sim::BodyForm::html : sim::BodyForm::empty;
            fault.strikes_a_value_max = 3;
            add(std::move(fault), {world_.timeline.now().steady, world_.calm_at}, 0.05);
        });
    }

    void outage() {
        const Window when = window(1s, 30s);
        switch (choices_.below(4)) {
            case 0:
                add({.kind = FaultKind::fail, .status = 503}, when);
                break;
            case 1:
                add({.kind = FaultKind::drop_request}, when);
                break;
            case 2:
                add({.kind = FaultKind::stall}, when);
                break;
            default:
                while_open(
                    when, [](sim::Weather& weather) { weather.no_connection = true; },
                    [](sim::Weather& weather) { weather.no_connection = false; });
        }
    }

    void throttle() {
        const std::vector<sim::RetryAfterForm> forms{
            sim::RetryAfterForm::epoch_ms,  sim::RetryAfterForm::epoch_ms, sim::RetryAfterForm::seconds,
            sim::RetryAfterForm::http_date, sim::RetryAfterForm::missing,  sim::RetryAfterForm::past,
            sim::RetryAfterForm::unreadable};
        sim::Fault fault{.kind = FaultKind::throttle, .bundle_id = some_bundle()};
        fault.retry_after = choices_.one_of(forms);
        world_.inputs.count(sim::Input::retry_after, static_cast<std::size_t>(fault.retry_after));
        if (choices_.chance(50)) {
            fault.retry_after_in = choices_.between(1s, 30s);
        }
        const Window when = window(1s, 20s);
        add(std::move(fault), when, choices_.chance(50) ? 1.0 : 0.3);
        lose_within(when);
    }

    // Partitions that are taken away while a probe is under way: nobody waits for its answer any more.
    void lose_within(Window when) {
        for (int left = world_.swarm.losses ? 3 : 0; left > 0; --left) {
            const common::Instant at = when.from + choices_.between({}, when.until - when.from);
            world_.timeline.at(at, [&world = world_] { world.broker.lose(1ms); });
        }
    }

    void refuse_credential() {
        const Window when = window(500ms, 30s);
        const std::uint64_t kind = choices_.below(4);
        world_.inputs.count(sim::Input::credential_fault, static_cast<std::size_t>(kind));
        switch (kind) {
            case 0:
                add({.kind = FaultKind::refuse_credential, .bundle_id = some_bundle()}, when);
                break;
            case 1:
                add({.kind = FaultKind::forbid, .bundle_id = some_bundle()}, when);
                break;
            case 2:
                while_open(
                    when, [](sim::Weather& weather) { weather.no_key = true; },
                    [](sim::Weather& weather) { weather.no_key = false; });
                break;
            default:
                revoke_key(when);
        }
    }

    // Apple forgets the key at once; the new key file arrives at the end of the window.
    void revoke_key(Window when) {
        const std::string fresh = fmt::format("{}{}", sim::key_mark, ++keys_);
        world_.timeline.at(when.from, [&world = world_, fresh] {
            world.trace.line(sim::no_worker, '~', "Apple revokes the key");
            world.tokens.active_keys = {fresh};
        });
        world_.timeline.at(when.until, [&world = world_, fresh] {
            world.tokens.active_keys.insert(fresh);
            world.key_id = fresh;
            world.key_file_changed();
        });
    }

    // Apple takes what is right for wrong: of one app or all, one kind of call or both, always or now and
    // then, and sometimes only values that somebody has, so that canaries are well.
    void reject() {
        sim::Fault fault{.kind = FaultKind::reject_value, .bundle_id = some_bundle()};
        fault.body = choices_.chance(50) ? sim::BodyForm::json : sim::BodyForm::html;
        if (choices_.chance(30)) {
            fault.action = choices_.chance(50) ? core::Action::update : core::Action::erase;
        }
        if (choices_.chance(40)) {
            for (const auto& [command, places] : world_.plan.places) {
                fault.values.insert(command.value);
            }
        }
        const double share = choices_.chance(20) ? 0.5 : 1;
        add(std::move(fault), window(5s, 60s), share);
    }

    // Both keys are good for a while, as people rotate them; the old one goes with tokens signed by it about.
    void rotate_key(Window when) {
        const std::string fresh = fmt::format("{}{}", sim::key_mark, ++keys_);
        world_.timeline.at(when.from, [&world = world_, fresh] {
            world.trace.line(sim::no_worker, '~', "a second key is good");
            world.referee.reached(sim::Probe::key_rotated);
            world.tokens.active_keys.insert(fresh);
            world.key_id = fresh;
            world.key_file_changed();
        });
        world_.timeline.at(when.until, [&world = world_, fresh] {
            world.trace.line(sim::no_worker, '~', "the first key is gone");
            world.tokens.active_keys = {world.key_id};
        });
    }

    // Everything about one account takes nearly as long as a request may.
    void slow_account() {
        const std::size_t account = choices_.below(world_.plan.accounts.size());
        sim::Fault fault{.kind = FaultKind::delay_answer};
        for (const sim::PlannedRecord& record : world_.plan.records) {
            for (const sim::PlannedCommand& command : record.commands) {
                if (record.account == account) {
                    fault.values.insert(command.value);
                }
            }
        }
        if (!fault.values.empty()) {
            fault.delay = world_.swarm.settings.request_timeout / 2;
            add(std::move(fault), {world_.timeline.now().steady, world_.calm_at});
        }
    }

    void lose_wire() {
        at_some_time([](World& world) {
            if (world.choices.chance(30)) {
                world.change_capacity(0, 0);
            } else {
                world.change_capacity(0, 60);
            }
        });
        add({.kind = FaultKind::close_executed}, window(10ms, 1s), 0.3);
        add({.kind = FaultKind::go_away}, window(10ms, 1s), 0.5);
    }

    void slow() {
        const Window when = window(1s, 60s);
        const common::Duration usual = world_.weather.latency_max;
        const common::Duration latency = choices_.between(100ms, 3s);
        while_open(
            when, [latency](sim::Weather& weather) { weather.latency_max = latency; },
            [usual](sim::Weather& weather) { weather.latency_max = usual; });
    }

    void stores_fail() {
        const auto percent = static_cast<unsigned>(choices_.chance(40) ? 100 : choices_.between(5, 60));
        const bool lost = choices_.chance(40);
        const common::Duration latency = choices_.between(1ms, 5s);
        while_open(
            window(1s, 30s),
            [=](sim::Weather& weather) {
                (lost ? weather.store_acks_lost_percent : weather.stores_fail_percent) = percent;
                weather.store_latency_max = latency;
            },
            [](sim::Weather& weather) {
                weather.store_acks_lost_percent = 0;
                weather.stores_fail_percent = 0;
                weather.store_latency_max = 20ms;
            });
    }

    void commits_fail() {
        const auto percent = static_cast<unsigned>(choices_.chance(40) ? 100 : choices_.between(5, 60));
        const bool lost = choices_.chance(40);
        const common::Duration latency = choices_.between(1ms, 2s);
        while_open(
            window(1s, 30s),
            [=](sim::Weather& weather) {
                (lost ? weather.commit_answers_lost_percent : weather.commits_fail_percent) = percent;
                weather.commit_latency_max = latency;
            },
            [](sim::Weather& weather) {
                weather.commit_answers_lost_percent = 0;
                weather.commits_fail_percent = 0;
                weather.commit_latency_max = 20ms;
            });
    }

    static void jump_wall(World& world) {
        const auto by = std::chrono::milliseconds{world.choices.between(10'000, 7'200'000)};
        const bool back = world.choices.chance(50);
        const std::size_t length = by > 1h ? 2 : by > 10min ? 1 : 0;
        world.inputs.count(sim::Input::clock_jump, back ? 2 - length : 3 + length);
        world.trace.line(
            sim::no_worker, '~', fmt::format("the wall clock jumps {}{} ms", back ? "-" : "", by.count()));
        world.timeline.jump_wall(back ? -by : by);
    }

    static void calm(World& world) {
        world.trace.line(sim::no_worker, '~', "calm");
        const common::Duration latency = world.swarm.latency_max;
        world.weather = {};
        world.weather.latency_max = latency;
        world.tokens.active_keys.insert(world.key_id);
        world.key_file_changed();
        world.change_capacity(1, 100);
    }

    World& world_;
    sim::Choices& choices_;
    int keys_ = 1;
};

}  // namespace

void script_chaos(World& world) {
    Chaos{world}.script();
}

}  // namespace simulation
