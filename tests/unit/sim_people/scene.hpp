// Alice with a phone, a laptop and a television that knows bob's account too, one app in two environments,
// and Apple with its ledger.
#pragma once

#include <doctest/doctest.h>

#include "tests/unit/sim_apple/scene.hpp"
#include "worker/sim/people/end_state.hpp"
#include "worker/sim/people/people.hpp"

namespace sim_test {

inline bool everything_signs_in(const sim::Shop&, std::string_view) {
    return true;
}

struct Home : Scene {
    explicit Home(const sim::PeopleOptions& options = {})
        : people{apple.store(), [this](std::uint64_t bound) { return random.below(bound); }, options} {
        people.add_device({.name = "phone", .platform = sim::Platform::ios, .account = "alice"});
        people.add_device({.name = "laptop", .platform = sim::Platform::macos, .account = "alice"});
        people.add_device(
            {.name = "television",
             .platform = sim::Platform::tvos,
             .account = "alice",
             .default_account = "bob"});
    }
    sim::People people;

    sim::StoreResult store(const std::string& device, const std::string& value, const sim::Shop& shop = tv) {
        const sim::Prompt prompt = people.request_authorization(device, shop, sim::SheetAnswer::approve);
        REQUIRE(prompt.context.has_value());
        return people.update_token(device, shop, *prompt.context, value, now.steady);
    }
    // The app starts and has read.
    sim::FinishedRead read(const std::string& device, const sim::Shop& shop = tv) {
        people.launch(device, shop, now.steady);
        const auto finished = people.finish_reads(now.steady, everything_signs_in);
        REQUIRE(finished.size() == 1);
        return finished.front();
    }
};

}  // namespace sim_test
