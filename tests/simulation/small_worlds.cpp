#include "tests/simulation/small_worlds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "common/invariant.hpp"
#include "common/prng.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;
using sim::FaultKind;

// What is asked for, by the number of its answers.
constexpr std::uint64_t apples_odds = 1'000'000;  // whether a fault of Apple's strikes
constexpr std::uint64_t workers = 2;              // whose a partition is
constexpr std::uint64_t streams = 100;            // how many an endpoint allows

// Answers choices from a path and remembers how wide each was, so that the next path is known.
class Odometer {
public:
    explicit Odometer(Path path) : path_{std::move(path)} {}

    std::uint64_t choose(std::uint64_t bound) {
        if (at_ == path_.size()) {
            path_.push_back(0);
        }
        if (at_ == bounds_.size()) {
            bounds_.push_back(bound);
        }
        INVARIANT(bounds_[at_] == bound && path_[at_] < bound, "the same choices led somewhere else");
        return path_[at_++];
    }

    // False when all were walked.
    bool turn() {
        at_ = 0;
        while (!path_.empty()) {
            bounds_.resize(path_.size());
            if (++path_.back() < bounds_.back()) {
                return true;
            }
            path_.pop_back();
        }
        return false;
    }

    [[nodiscard]] const Path& path() const noexcept { return path_; }

private:
    Path path_;
    std::vector<std::uint64_t> bounds_;
    std::size_t at_ = 0;
};

sim::Swarm swarm_of(const Shape& shape) {
    sim::Choices calm{std::string{}};
    sim::Swarm swarm = sim::draw_swarm(calm);
    swarm.workers = 2;
    swarm.partitions = shape.partitions;
    swarm.accounts = 2;
    swarm.records = shape.accounts.size();
    swarm.calm_after = 1s;
    swarm.settings.receipts_topic = "receipts";
    // A refused commit is asked again after a second: time for that, also when partitions leave meanwhile.
    swarm.settings.drain_timeout = 5s;
    return swarm;
}

// Records are all there from the start; what they are is drawn.
std::uint64_t answer_plan(common::Prng& random, sim::Draw draw, std::uint64_t bound) {
    return draw == sim::Draw::wait ? 0 : random.below(bound);
}

// Which seed draws a plan of that shape.
std::uint64_t plan_seed(const Shape& shape) {
    const sim::Swarm swarm = swarm_of(shape);
    for (std::uint64_t seed = 1;; ++seed) {
        common::Prng random{seed};
        sim::Choices choices{
            [&random](sim::Draw draw, std::uint64_t bound) { return answer_plan(random, draw, bound); }};
        const sim::Plan plan = sim::draw_plan(choices, swarm, {});
        bool fits = plan.accounts[0].partition == 0 && plan.accounts[1].partition + 1 == shape.partitions;
        for (std::size_t record = 0; record < plan.records.size(); ++record) {
            fits = fits && plan.records[record].account == shape.accounts[record];
        }
        if (fits) {
            return seed;
        }
    }
}

// Decides for one world.
class Schedule {
public:
    Schedule(const Shape& shape, std::uint64_t plan, unsigned faults_max, Odometer& odometer)
        : shape_{shape}, plan_{plan}, faults_max_{faults_max}, odometer_{odometer} {}

    Report run(sim::Trace::Out out) {
        Setup setup{.choices = sim::Choices{[this](sim::Draw draw, std::uint64_t bound) {
                        return decide(draw, bound);
                    }}};
        setup.swarm = swarm_of(shape_);
        setup.script = [this](World& world) { script(world); };
        setup.between_steps = [this](World& world) { between_steps(world); };
        return World{std::move(setup), std::move(out)}.run();
    }

private:
    enum class Asking : std::uint8_t { plan, world, rebalance, crash };

    void script(World& world) const {
        world.timeline.at(world.calm_at, [] {});  // the world looks around once more when all is done
        const auto add = [&](sim::Fault fault) {
            fault.probability = 0.5;
            world.apple.add(std::move(fault));
        };
        add({.kind = FaultKind::lose_answer});
        add({.kind = FaultKind::delay_execution, .delay = 2 * world.swarm.settings.request_timeout});
        sim::Weather& weather = world.weather;
        weather.store_acks_lost_percent = 50;
        weather.commit_answers_lost_percent = 50;
        if (faults_max_ == 1) {
            add({.kind = FaultKind::fail, .status = 503});
            add({.kind = FaultKind::throttle, .retry_after_in = 2s});
            weather.stores_fail_percent = 50;
            weather.commits_fail_percent = 50;
        }
    }

    void between_steps(World& world) {
        asking_ = Asking::world;
        if (world.trace.lines() == lines_ || world.broker.all_committed()) {
            return;
        }
        if (!rebalanced_ && odometer_.choose(2) == 1) {
            rebalanced_ = true;
            world.trace.line(sim::no_worker, '~', "the group rebalances");
            asking_ = Asking::rebalance;
            world.broker.rebalance();
        }
        asking_ = Asking::crash;
        if (fault()) {
            world.crash_one();
        }
        asking_ = Asking::world;
        lines_ = world.trace.lines();
    }

    bool fault() {
        if (faults_left_ == 0 || odometer_.choose(2) == 0) {
            return false;
        }
        --faults_left_;
        return true;
    }

    std::uint64_t decide(sim::Draw draw, std::uint64_t bound) {
        switch (asking_) {
            case Asking::plan:
                return answer_plan(plan_, draw, bound);
            case Asking::rebalance:
                return draw == sim::Draw::chance && odometer_.choose(2) == 1 ? bound - 1 : 0;
            case Asking::crash:
                // Who was given a partition last; and at once, not somewhere in its next turn.
                return draw == sim::Draw::chance ? bound - 1 : std::min(owner_, bound - 1);
            case Asking::world:
                break;
        }
        if (draw == sim::Draw::wait) {
            return faults_max_ == 1 && fault() ? bound - 1 : 0;
        }
        if (draw == sim::Draw::chance || bound == apples_odds) {
            return fault() ? bound - 1 : 0;
        }
        if (bound == workers) {  // whose the partition is
            owner_ = rebalanced_ ? odometer_.choose(bound) : 0;
            return owner_;
        }
        return bound == streams ? bound - 1 : 0;
    }

    const Shape& shape_;
    common::Prng plan_;
    unsigned faults_max_;
    unsigned faults_left_ = faults_max_;
    Odometer& odometer_;
    Asking asking_ = Asking::plan;
    bool rebalanced_ = false;
    std::uint64_t owner_ = 0;
    std::uint64_t lines_ = 0;
};

}  // namespace

const std::vector<Shape>& small_shapes() {
    static const std::vector<Shape> shapes{
        {"one partition, the second account last", 1, {0, 0, 1}},
        {"one partition, the second account between", 1, {0, 1, 0}},
        {"one partition, the second account twice", 1, {0, 1, 1}},
        {"a partition for each account", 2, {0, 0, 1}},
    };
    return shapes;
}

std::string path_text(const Path& path) {
    return fmt::format("{}", fmt::join(path, "."));
}

Path path_of(const std::string& text) {
    Path path;
    std::istringstream parts{text};
    for (std::string part; std::getline(parts, part, '.');) {
        path.push_back(std::stoull(part));
    }
    return path;
}

Walk walk(const Shape& shape, unsigned faults_max, const std::function<void(const Path&)>& starting) {
    const std::uint64_t plan = plan_seed(shape);
    std::unordered_set<std::uint64_t> traces;
    Odometer odometer{{}};
    Walk walk;
    do {
        starting(odometer.path());
        const Report report = Schedule{shape, plan, faults_max, odometer}.run({});
        ++walk.worlds;
        traces.insert(report.trace_hash);
        if (report.broken) {
            walk.broken = report.broken;
            walk.path = odometer.path();
            break;
        }
    } while (odometer.turn());
    walk.traces = traces.size();
    return walk;
}

Report run_small(const Shape& shape, unsigned faults_max, const Path& path, sim::Trace::Out out) {
    Odometer odometer{path};
    return Schedule{shape, plan_seed(shape), faults_max, odometer}.run(std::move(out));
}

}  // namespace simulation
