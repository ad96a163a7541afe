// An Apple with one app in two environments, alice's and bob's tokens, and a clock that moves when told.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "common/prng.hpp"
#include "worker/sim/apple/apple.hpp"

namespace sim_test {

using namespace std::chrono_literals;

inline const sim::Shop tv{sim::Environment::production, "com.example.tv"};
inline const sim::Shop tv_sandbox{sim::Environment::sandbox, "com.example.tv"};
inline const sim::Shop radio{sim::Environment::production, "com.example.radio"};

struct Scene {
    sim::PlainTokens tokens{
        .active_keys = {"KEY1", "KEY2"}, .bundle_ids = {tv.bundle_id, radio.bundle_id}, .times = {}};
    common::Prng random{7};
    sim::Apple apple{std::ref(tokens), [this](std::uint64_t bound) { return random.below(bound); }};
    common::Now now{common::Instant{1000s}, common::WallTime{1'800'000'000'000ms}};

    void pass(common::Duration time) {
        now.steady += time;
        now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(time);
    }

    [[nodiscard]] std::string bearer(const sim::Shop& shop = tv) const {
        const auto present = std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count();
        return sim::plain_token("KEY1", shop.bundle_id, present - 30, present + 600);
    }

    [[nodiscard]] sim::Request erase(const std::string& value, const sim::Shop& shop = tv) const {
        return {
            shop.environment,
            "POST",
            "/account/v1/autoSignIn/delete",
            bearer(shop),
            "application/json",
            R"({"autoSignInTokenValue":")" + value + "\"}"};
    }

    [[nodiscard]] sim::Request update(
        const std::string& value, const std::string& replacement, const sim::Shop& shop = tv) const {
        return {
            shop.environment,
            "POST",
            "/account/v1/autoSignIn/update",
            bearer(shop),
            "application/json",
            R"({"existingAutoSignInTokenValue":")" + value + R"(","newAutoSignInTokenValue":")" +
                replacement + "\"}"};
    }

    int status(const sim::Request& request) { return apple.handle(request, now).status; }
};

}  // namespace sim_test
