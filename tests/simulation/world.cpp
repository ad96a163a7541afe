#include "tests/simulation/world.hpp"

#include "tests/simulation/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace simulation {

namespace {

using namespace std::chrono_literals;

// Virtual time within which everything settles once the last fault is over, poison and announced waits aside.
constexpr common::Duration settles_within = 10min;
// A Retry-After that names a point in time is far away once the wall clock was set back; it is cut at this.
constexpr common::Duration retry_after_longest = 1h;
// After a row of rejections, one after the other, with a wait between them.
constexpr int canaries_at_most = 64;
constexpr common::Duration drain_slack = 1s;
constexpr std::uint64_t idle_turns_max = 500;
constexpr std::uint64_t turns_max = 400'000;

sim::Plan revised(sim::Plan plan, const std::function<void(sim::Plan&)>& revise) {
    if (revise) {
        revise(plan);
    }
    return plan;
}

}  // namespace

struct World::Worker {
    Worker(World& world, sim::WorkerId name, std::size_t instance_given, sim::MapDialect dialect)
        : id{name},
          instance{instance_given},
          around{name, world.timeline, world.choices, world.weather, world.referee, fuse},
          source{std::make_shared<sim::SimSource>(around, world.broker, dialect)},
          sink{around, world.broker},
          transport{std::make_shared<sim::SimTransport>(around, world.apple)},
          credentials{name, world.weather, world.key_id, world.trace, world.referee},
          journal{around},
          clock{world.timeline},
          engine{world.swarm.settings} {}

    sim::WorkerId id;
    std::size_t instance;  // a static member's name: stays when it starts again
    sim::Fuse fuse;
    sim::Surroundings around;
    std::shared_ptr<sim::SimSource> source;
    sim::SimSink sink;
    std::shared_ptr<sim::SimTransport> transport;
    sim::SimCredentials credentials;
    sim::SimJournal journal;
    sim::VirtualClock clock;
    sim::VirtualWaiter waiter;
    core::Engine engine;
    std::optional<app::WorkerLoop> loop;
    common::Instant not_before{};  // a turn takes time
    common::Instant paused_until{};
    bool more = false;  // the loop has inputs of its own
    std::optional<common::Instant> draining_since;
    std::uint64_t idle_turns = 0;

    [[nodiscard]] bool ready() const {
        return more || waiter.ready() || source->ready() || sink.ready() || transport->ready() ||
               credentials.ready();
    }
};

World::World(Setup setup, sim::Trace::Out out)
    : choices{std::move(setup.choices)},
      trace{timeline, std::move(out)},
      swarm{setup.swarm ? std::move(*setup.swarm) : sim::draw_swarm(choices)},
      plan{revised(sim::draw_plan(choices, swarm, timeline.now().wall), setup.revise)},
      key_id{fmt::format("{}1", sim::key_mark)},
      apple{std::ref(tokens), [this](std::uint64_t bound) { return bound - 1 - choices.below(bound); }},
      referee{timeline, trace, swarm, plan, verdict},
      broker{
          timeline,
          choices,
          trace,
          plan,
          referee,
          {.static_members = swarm.static_members,
           .metadata_chars_max =
               swarm.short_metadata ? sim::short_metadata_chars : core::offset_map_chars_max,
           .letter_partitions = swarm.letter_partitions}},
      calm_at{timeline.now().steady + swarm.calm_after},
      plant_{std::move(setup.plant)},
      between_steps_{std::move(setup.between_steps)} {
    tokens.active_keys.insert(key_id);
    for (const sim::PlannedAccount& account : plan.accounts) {
        tokens.bundle_ids.insert(account.shop.bundle_id);
        apple.store().put(account.shop, account.name, account.first_value);
    }
    for (const sim::PlannedSignIn& sign_in : plan.sign_ins) {
        timeline.after(sign_in.at, [this, &sign_in] {
            const sim::PlannedAccount& account = plan.accounts[sign_in.account];
            trace.line(sim::no_worker, '~', fmt::format("{} signs in with {}", account.name, sign_in.value));
            apple.store().put(account.shop, account.name, sign_in.value);
        });
    }
    weather.latency_max = swarm.latency_max;
    turn_cost_ = choices.chance(50) ? choices.between(common::Duration{100us}, common::Duration{10ms}) : 20us;
    inputs.count_world(swarm, plan);
    setup.script(*this);
    if (swarm.operators) {
        operators_ = std::make_unique<Operators>(*this);
    }
    for (std::size_t worker = 0; worker < swarm.workers; ++worker) {
        start_worker(worker);
    }
}

World::~World() = default;

void World::start_worker(std::size_t instance) {
    const auto dialect = static_cast<sim::MapDialect>(swarm.map_versions ? choices.below(3) : 0);
    workers_.push_back(std::make_unique<Worker>(*this, ++last_worker_, instance, dialect));
    Worker& worker = *workers_.back();
    constexpr std::string_view versions[] = {"", "of a later version", "of a version without maps"};
    trace.line(worker.id, '+', versions[static_cast<std::size_t>(dialect)]);
    referee.worker_started(worker.id);
    const app::Ports genuine{*worker.source, worker.sink,   *worker.transport, worker.credentials,
                             worker.clock,   worker.waiter, worker.journal};
    worker.loop.emplace(worker.engine, plant_ ? plant_(genuine) : genuine);
    broker.join(worker.id, *worker.source, instance);
    for (std::uint32_t endpoint = 0; endpoint < swarm.apps; ++endpoint) {
        const std::size_t streams = choices.between(1, 100);
        timeline.after(
            choices.between(1ms, 100ms), [weak = std::weak_ptr{worker.transport}, endpoint, streams] {
                if (const auto transport = weak.lock()) {
                    transport->change_capacity(core::EndpointId{endpoint}, streams);
                }
            });
    }
}

void World::restart_later(std::size_t instance) {
    ++restarts_due_;
    timeline.after(choices.skewed(50ms, 20s), [this, instance] {
        --restarts_due_;
        start_worker(instance);
    });
}

void World::remove(std::size_t index, bool said_goodbye) {
    const sim::WorkerId id = workers_[index]->id;
    const std::size_t instance = workers_[index]->instance;
    add(probes_, probes_of(workers_[index]->engine.stats().counters));
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(index));
    referee.worker_gone(id, !said_goodbye);
    if (!said_goodbye) {
        trace.line(id, 'x', "");
    }
    // A static member does not say goodbye to the group, so that a restart is nobody's business.
    if (said_goodbye && !swarm.static_members) {
        broker.leave(id);
    } else {
        broker.vanish(id);
    }
    if (!ending_) {
        restart_later(instance);
    }
}

void World::crash_one() {
    if (workers_.empty()) {
        return;
    }
    Worker& worker = *workers_[choices.below(workers_.size())];
    if (choices.chance(10)) {
        worker.waiter.stop_at_once();
    } else {
        worker.fuse.light(choices.below(40));
    }
}

void World::drain_one() {
    if (!workers_.empty()) {
        Worker& worker = *workers_[choices.below(workers_.size())];
        request_drain(worker);
    }
}

// SIGSTOP: the world goes on, and so does the group. Whoever sleeps through its session hears of it when it
// wakes.
void World::pause_one() {
    if (workers_.empty() || timeline.now().steady >= calm_at) {
        return;
    }
    Worker& worker = *workers_[choices.below(workers_.size())];
    const common::Duration length = std::min(choices.skewed(100ms, 60s), calm_at - timeline.now().steady);
    const common::Duration session = choices.between(6s, 30s);
    trace.line(worker.id, 'z', fmt::format("stopped for {:.3f} s", common::seconds(length)));
    referee.worker_paused(worker.id);
    inputs.count(sim::Input::sleep, length < 1s ? 0U : length < 5s ? 1U : length < 20s ? 2U : 3U);
    worker.paused_until = std::max(worker.paused_until, timeline.now().steady + length);
    worker.not_before = std::max(worker.not_before, worker.paused_until);
    if (length <= session) {
        referee.reached(sim::Probe::slept_within_its_session);
        return;
    }
    timeline.after(session, [this, id = worker.id, notice = length - session] {
        referee.reached(sim::Probe::slept_through_its_session);
        broker.lose(id, notice);
    });
}

void World::request_drain(Worker& worker) {
    trace.line(worker.id, 'd', "");
    referee.drain_requested(worker.id);
    worker.waiter.request_drain();
    worker.draining_since = worker.draining_since.value_or(timeline.now().steady);
}

void World::key_file_changed() {
    for (const auto& worker : workers_) {
        for (std::uint32_t app = 0; app < swarm.apps; ++app) {
            worker->credentials.key_changed(core::CredentialId{app});
        }
    }
}

void World::change_capacity(std::size_t least, std::size_t most) {
    for (const auto& worker : workers_) {
        for (std::uint32_t endpoint = 0; endpoint < swarm.apps; ++endpoint) {
            worker->transport->change_capacity(core::EndpointId{endpoint}, choices.between(least, most));
        }
    }
}

common::Instant World::due(const Worker& worker) const {
    const common::Instant wanted =
        worker.ready() ? timeline.now().steady
                       : std::min(worker.engine.next_deadline(), worker.transport->next_deadline());
    return std::max({wanted, worker.not_before, timeline.now().steady});
}

std::optional<std::size_t> World::next_worker() const {
    std::optional<std::size_t> next;
    for (std::size_t index = 0; index < workers_.size(); ++index) {
        if (!next || due(*workers_[index]) < due(*workers_[*next])) {
            next = index;
        }
    }
    return next;
}

void World::turn(std::size_t index) {
    Worker& worker = *workers_[index];
    ++turns_;
    worker.not_before = std::max(worker.paused_until, timeline.now().steady + turn_cost_);
    worker.more = false;
    const std::uint64_t lines = trace.lines();
    app::TurnResult result = app::TurnResult::more;
    try {
        result = worker.loop->turn();
    } catch (const sim::Crash&) {
        result = app::TurnResult::stopped;
    }
    worker.more = worker.credentials.take_failed();
    worker.idle_turns = trace.lines() == lines ? worker.idle_turns + 1 : 0;
    if (result == app::TurnResult::stopped) {
        remove(index, false);
        return;
    }
    referee.check_buffer(worker.id);
    referee.check_counts(worker.id, worker.engine.stats().counters, worker.engine.status(timeline.now()));
    check_drain(worker, result);
    if (worker.idle_turns > idle_turns_max || turns_ > turns_max) {
        verdict.broke(
            sim::Promise::no_spinning,
            fmt::format(
                "w{}: {} turns in a row did nothing, {} in all", worker.id, worker.idle_turns, turns_));
    }
    if (result == app::TurnResult::finished_late) {
        referee.reached(sim::Probe::drain_late);
    }
    if (result != app::TurnResult::more) {
        trace.line(worker.id, '=', result == app::TurnResult::finished ? "in time" : "late");
        remove(index, true);
    }
}

void World::check_drain(const Worker& worker, app::TurnResult result) {
    if (result == app::TurnResult::finished && referee.in_flight(worker.id) > 0) {
        verdict.broke(sim::Promise::drains, fmt::format("w{} finished with requests in flight", worker.id));
    }
    if (result == app::TurnResult::finished_late && ending_) {
        verdict.broke(
            sim::Promise::drains, fmt::format("w{} had nothing to do and finished late", worker.id));
    }
    if (worker.draining_since && result == app::TurnResult::more &&
        timeline.now().steady > std::max(*worker.draining_since, worker.paused_until) +
                                    swarm.settings.drain_timeout + drain_slack) {
        verdict.broke(sim::Promise::drains, fmt::format("w{} drains longer than its bound", worker.id));
    }
}

bool World::at_rest() const {
    return timeline.now().steady >= calm_at && restarts_due_ == 0 && broker.all_committed() &&
           broker.everybody_knows() && apple.in_the_air() == 0 &&
           (operators_ == nullptr || operators_->at_rest());
}

// Records that always fail may be of one account, so that each waits until the attempts of the one before are
// spent, with the breaker's probes in between. What Apple rejects leaves at the ration's pace.
common::Duration World::patience() const {
    const auto failing = std::count_if(
        plan.records.begin(), plan.records.end(),
        [](const sim::PlannedRecord& record) { return record.kind == sim::RecordKind::poisoned; });
    const common::Duration attempt =
        swarm.settings.retry.longest + swarm.settings.breaker.probe.longest + swarm.settings.request_timeout;
    std::ptrdiff_t rejected = 0;
    for (const sim::PlannedRecord& record : plan.records) {
        rejected += std::count_if(
            record.commands.begin(), record.commands.end(), [this](const sim::PlannedCommand& command) {
                return plan.rejected_values.contains(command.value);
            });
    }
    const auto token = common::Duration{60s} / static_cast<int>(swarm.settings.rejected_per_minute_max);
    return settles_within + rejected * token + (swarm.wall_jumps ? retry_after_longest : 0s) +
           (swarm.rejections ? canaries_at_most * swarm.settings.refused.longest : 0s) +
           failing * swarm.settings.attempts_max * attempt;
}

// False: the run is over.
bool World::step() {
    if (between_steps_) {
        between_steps_(*this);
    }
    if (verdict.broken()) {
        return false;
    }
    if (!ending_ && at_rest()) {
        ending_ = true;
        for (const auto& worker : workers_) {
            request_drain(*worker);
        }
    }
    if (ending_ && workers_.empty()) {
        referee.check_end(apple.store());
        if (operators_ != nullptr) {
            referee.letters.check_end(broker.replay_group.committed);
        }
        return false;
    }
    const std::optional<std::size_t> next = next_worker();
    const common::Instant turn_at = next ? due(*workers_[*next]) : common::never;
    const common::Instant at = std::min(turn_at, timeline.next());
    if (at > calm_at + patience()) {
        verdict.broke(sim::Promise::converges, referee.open_records(5));
        return false;
    }
    if (timeline.next() <= turn_at) {
        timeline.run_next();
    } else {
        timeline.advance_to(turn_at);
        turn(*next);
    }
    return true;
}

Report World::run() {
    const common::Instant start = timeline.now().steady;
    while (step()) {
    }
    add(probes_, referee.probes());
    if (operators_ != nullptr) {
        const std::size_t letters = referee.letters.letters();
        inputs.count(sim::Input::letters, letters == 0 ? 0U : letters < 4 ? 1U : letters < 16 ? 2U : 3U);
    }
    return {
        .broken = verdict.broken(),
        .swarm = swarm.describe(),
        .trace_hash = trace.hash(),
        .trace_lines = trace.lines(),
        .turns = turns_,
        .bytes_read = choices.bytes_read(),
        .virtual_time = timeline.now().steady - start,
        .probes = probes_,
        .inputs = inputs.counts()};
}

Report run_seed(std::uint64_t seed, sim::Trace::Out out, const Plant& plant) {
    Report report = World{{.choices = sim::Choices{seed}, .plant = plant}, std::move(out)}.run();
    report.seed = seed;
    return report;
}

Report run_bytes(std::string bytes, sim::Trace::Out out, const Plant& plant) {
    return World{{.choices = sim::Choices{std::move(bytes)}, .plant = plant}, std::move(out)}.run();
}

}  // namespace simulation
