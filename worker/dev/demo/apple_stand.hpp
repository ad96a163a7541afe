// The scripted Apple alone, for clients in other languages and for people with curl: both environments of
// Automatic Sign-In, the identity server, the front desk, a few people with devices.
#pragma once

#include <cstdint>
#include <filesystem>

namespace dev {

struct AppleStandOptions {
    std::filesystem::path folder{};  // for keys and certificates; created, and left when it ends
    std::uint64_t seed = 1;
};

// Prints one JSON document that says where everything is, then serves until a signal.
// 0: SIGTERM, SIGINT or SIGHUP came. 7: it could not start.
[[nodiscard]] int apple_stand(const AppleStandOptions& options);

}  // namespace dev
