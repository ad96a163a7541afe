// The end state on people's devices: whatever happens to the worker and to Apple meanwhile, afterwards no
// device reads a value that an event wanted gone, unless somebody stored it again after it was deleted; and
// then that is found and named.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/prng.hpp"
#include "tests/simulation/world.hpp"
#include "worker/sim/people/end_state.hpp"
#include "worker/sim/people/people.hpp"
#include "worker/sim/plan/demands.hpp"

namespace simulation {
namespace {

using namespace std::chrono_literals;

// A world whose sign-ins are made by people on devices. Everybody has a phone and a television; half of them
// have a cousin, who was given their value and stores it on an Apple Account of their own, at any time.
class Neighbourhood {
public:
    explicit Neighbourhood(std::uint64_t seed)
        : random_{seed},
          world_{
              {.choices = sim::Choices{seed},
               .revise = [this](sim::Plan& plan) { sign_ins_ = std::exchange(plan.sign_ins, {}); },
               .script =
                   [this](World& world) {
                       script_chaos(world);
                       move_in(world);
                   }}} {}

    Report run() { return world_.run(); }
    [[nodiscard]] const World& world() const { return world_; }
    [[nodiscard]] const sim::People& people() const { return *people_; }
    [[nodiscard]] std::size_t stored() const { return people_->writes().size(); }

    [[nodiscard]] std::vector<sim::Demand> demands() const {
        return sim::demands_of(
            world_.plan,
            [this](std::size_t record, std::size_t command) {
                const auto& owed = world_.referee.dead_lettered(record);
                return owed && owed->contains(command);
            },
            common::Instant{});
    }

    // Starts every app; the values by which they signed in.
    [[nodiscard]] std::set<std::string> values_that_sign_in() {
        const common::Instant now = world_.timeline.now().steady;
        for (const auto& [name, device] : people_->devices()) {
            people_->end_session(name, shops_.at(name));
            people_->launch(name, shops_.at(name), now);
        }
        std::set<std::string> values;
        people_->finish_reads(
            now + 1h, [&](const sim::Shop&, std::string_view value) { return values.emplace(value), true; });
        return values;
    }

private:
    void move_in(World& world) {
        people_.emplace(
            world.apple.store(), [this](std::uint64_t bound) { return random_.below(bound); },
            sim::PeopleOptions{.read_delay_max = 10s});
        for (std::size_t i = 0; i < world.plan.accounts.size(); ++i) {
            const sim::PlannedAccount& account = world.plan.accounts[i];
            add(account.name + "-phone", sim::Platform::ios, account.name, account.shop);
            add(account.name + "-tv", sim::Platform::tvos, account.name, account.shop);
            if (random_.below(2) == 0) {
                const std::string name = account.name + "-cousin";
                add(name, sim::Platform::ipados, name, account.shop);
                store_later(world, random_.up_to(world.swarm.calm_after), name, account.first_value);
            }
        }
        for (const sim::PlannedSignIn& sign_in : sign_ins_) {
            store_later(
                world, sign_in.at, world.plan.accounts[sign_in.account].name + "-phone", sign_in.value);
        }
    }
    void add(
        const std::string& name, sim::Platform platform, const std::string& account, const sim::Shop& shop) {
        people_->add_device({.name = name, .platform = platform, .account = account});
        shops_.emplace(name, shop);
    }
    void store_later(World& world, common::Duration at, const std::string& device, const std::string& value) {
        world.timeline.after(at, [this, &world, device, value] {
            const sim::Shop& shop = shops_.at(device);
            const auto prompt = people_->request_authorization(device, shop, sim::SheetAnswer::approve);
            const auto stored =
                people_->update_token(device, shop, *prompt.context, value, world.timeline.now().steady);
            CHECK(stored == sim::StoreResult::stored);
        });
    }

    common::Prng random_;
    std::vector<sim::PlannedSignIn> sign_ins_;
    std::optional<sim::People> people_;
    std::map<std::string, sim::Shop> shops_;  // by device
    World world_;
};

bool is_cousins(const sim::Finding& finding) {
    return finding.account.ends_with("-cousin");
}

}  // namespace

TEST_CASE("after all events, devices hold what they should; what came back after its delete is named") {
    std::size_t came_back = 0;
    std::size_t deleted_on_both = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        const auto there = std::make_unique<Neighbourhood>(seed);
        const Report report = there->run();
        REQUIRE_MESSAGE(!report.broken, report.swarm);
        REQUIRE(there->world().apple.in_the_air() == 0);
        const std::vector<sim::Demand> demands = there->demands();
        const sim::Ledger& ledger = there->world().apple.ledger();
        std::set<std::string> found;
        for (const sim::Finding& finding : sim::leftovers(there->people(), ledger, demands)) {
            INFO(sim::finding_text(finding));
            found.insert(finding.value);
            REQUIRE_MESSAGE(is_cousins(finding), "only who stores a value late can still have it");
            REQUIRE(finding.kind == sim::Leftover::deleted_too_early);
            REQUIRE(finding.called <= finding.stored);
            ++came_back;
        }
        std::set<std::string> gone;
        for (const sim::Demand& demand : demands) {
            gone.insert(demand.gone.begin(), demand.gone.end());
        }
        for (const std::string& value : there->values_that_sign_in()) {
            REQUIRE_MESSAGE((!gone.contains(value) || found.contains(value)), "every leftover is found");
        }
        for (const sim::LedgerEntry& entry : ledger) {
            deleted_on_both += entry.accounts > 1 ? 1 : 0;
        }
    }
    CHECK_MESSAGE(came_back > 0, "no cousin ever was late");
    CHECK_MESSAGE(deleted_on_both > 0, "no call ever found a cousin's value");
}

}  // namespace simulation
