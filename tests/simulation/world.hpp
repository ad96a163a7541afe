// One simulated run: the real loop and engine, one or two workers, in a virtual world that is a seed.
//
// Faults of the seed's classes come and go, all of them stop at Swarm::calm_after, then everything must
// settle; at last every worker is drained. The referee watches all the while.
//
// Ownership: a World lives for one run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/probes.hpp"
#include "worker/app/worker_loop.hpp"
#include "worker/sim/apple/apple.hpp"
#include "worker/sim/apple/token.hpp"
#include "worker/sim/kafka/broker.hpp"
#include "worker/sim/plan/inputs.hpp"
#include "worker/sim/plan/plan.hpp"
#include "worker/sim/ports/credentials.hpp"
#include "worker/sim/ports/journal.hpp"
#include "worker/sim/ports/sink.hpp"
#include "worker/sim/ports/source.hpp"
#include "worker/sim/ports/surroundings.hpp"
#include "worker/sim/ports/transport.hpp"
#include "worker/sim/ports/waiter.hpp"
#include "worker/sim/referee/promise.hpp"
#include "worker/sim/referee/referee.hpp"
#include "worker/sim/world/swarm.hpp"
#include "worker/sim/world/timeline.hpp"
#include "worker/sim/world/trace.hpp"

namespace simulation {

struct Report {
    std::uint64_t seed = 0;  // where there is one
    std::optional<sim::Broken> broken{};
    std::string swarm;
    std::uint64_t trace_hash = 0;
    std::uint64_t trace_lines = 0;
    std::uint64_t turns = 0;
    std::size_t bytes_read = 0;  // of the choices
    common::Duration virtual_time{};
    Probes probes{};
    sim::InputCounts inputs{};
};

// Puts something wrong between a worker and its ports, to prove that the referee notices.
using Plant = std::function<app::Ports(app::Ports genuine)>;

class Operators;
class World;

// Announces the faults of the world's swarm to its timeline, and their end.
void script_chaos(World& world);

struct Setup {
    sim::Choices choices;
    Plant plant{};
    std::optional<sim::Swarm> swarm{};  // none: drawn
    // Changes the plan that was drawn, before anything looks at it.
    std::function<void(sim::Plan&)> revise{};
    // Called once, before the first worker starts.
    std::function<void(World&)> script = script_chaos;
    // Called before every step: where a schedule is not the world's own.
    std::function<void(World&)> between_steps{};
};

class World {
public:
    explicit World(Setup setup, sim::Trace::Out out = {});
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    [[nodiscard]] Report run();

    // For chaos.cpp, which scripts the faults.
    struct Worker;
    void crash_one();
    void drain_one();
    void pause_one();
    void key_file_changed();
    void change_capacity(std::size_t least, std::size_t most);

    sim::Choices choices;
    sim::Timeline timeline;
    sim::Trace trace;
    sim::Verdict verdict;
    sim::Swarm swarm;
    sim::Plan plan;
    sim::Weather weather;
    std::string key_id;
    sim::PlainTokens tokens;
    sim::Apple apple;
    sim::Referee referee;
    sim::Broker broker;
    common::Instant calm_at;
    sim::Inputs inputs;

private:
    void start_worker(std::size_t instance);
    void request_drain(Worker& worker);
    void restart_later(std::size_t instance);
    void remove(std::size_t index, bool said_goodbye);
    void turn(std::size_t index);
    void take_turn(Worker& worker);
    [[nodiscard]] common::Instant due(const Worker& worker) const;
    [[nodiscard]] std::optional<std::size_t> next_worker() const;
    [[nodiscard]] bool at_rest() const;
    [[nodiscard]] common::Duration patience() const;
    void check_drain(const Worker& worker, app::TurnResult result);
    [[nodiscard]] bool step();

    Plant plant_;
    std::function<void(World&)> between_steps_;
    sim::WorkerId last_worker_ = sim::no_worker;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Operators> operators_;  // none: nobody looks at dead letters
    std::size_t restarts_due_ = 0;
    bool ending_ = false;
    common::Duration turn_cost_{};
    std::uint64_t turns_ = 0;
    Probes probes_{};
};

// The whole of one seed. `seed` alone decides what happens.
[[nodiscard]] Report run_seed(std::uint64_t seed, sim::Trace::Out out = {}, const Plant& plant = {});
// The same for a byte string, as a fuzzer or the shrinker makes them: worker/sim/world/choices.hpp.
[[nodiscard]] Report run_bytes(std::string bytes, sim::Trace::Out out = {}, const Plant& plant = {});

}  // namespace simulation
