// What the scripted Apple's addresses show: both of its APIs, people's devices and the front desk. One
// request at a time.
//
// Threads: any; every method locks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "common/prng.hpp"
#include "worker/dev/apple/server.hpp"

namespace dev {

// What has an address of its own.
enum class Site : std::uint8_t { production, sandbox, identity, front_desk };
inline constexpr std::array sites{Site::production, Site::sandbox, Site::identity, Site::front_desk};
inline constexpr std::size_t sites_without_identity = 2;

[[nodiscard]] common::Now present();

class AppleServerWorld {
public:
    AppleServerWorld(const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets);
    AppleServerWorld(const AppleServerWorld&) = delete;
    AppleServerWorld& operator=(const AppleServerWorld&) = delete;

    [[nodiscard]] sim::Answer answer(Site site, const sim::Request& request);
    [[nodiscard]] sim::Answer land(Site site, sim::LandingId id);
    [[nodiscard]] bool has_identity() const noexcept { return identity_.has_value(); }

    void with_apple(const std::function<void(sim::Apple&, common::Now)>& use);
    void with_tokens(const std::function<void(Es256Tokens&)>& use);
    void with_people(const std::function<void(sim::People&, common::Now)>& use);
    void with_identity(const std::function<void(sim::AppleIdentity&, common::Now)>& use);
    void with_secrets(const std::function<void(Es256Secrets&)>& use);

private:
    [[nodiscard]] sim::Choose choose();

    std::mutex mutex_;  // guards everything below
    Es256Tokens tokens_;
    Es256Secrets secrets_;
    common::Prng random_;
    sim::Apple apple_;
    sim::People people_;
    std::optional<sim::AppleIdentity> identity_;
};

}  // namespace dev
