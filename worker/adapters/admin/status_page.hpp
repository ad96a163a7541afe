// The page at / of the admin port: what this worker knows, for a person without Grafana. Plain HTML that says
// everything without a script, a picture or a colour.
//
// Names of apps, hosts and topics appear; nothing of an event does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/adapters/admin/admin_server.hpp"
#include "worker/adapters/admin/history.hpp"
#include "worker/adapters/admin/verdict.hpp"

namespace admin {

struct PartitionLag {
    core::TopicPartition partition;
    std::int64_t records = 0;  // above the committed offset
};

struct Scene {
    std::string_view version;
    common::WallTime now{};
    Health health{};
    Surroundings around{};
    std::vector<PartitionLag> lags{};  // those that are known
    std::vector<Moment> history{};     // the oldest first
};

// Partitions that are shown, the ones with most trouble first; how many more there are is said.
inline constexpr std::size_t partitions_shown = 50;

[[nodiscard]] std::string status_page(const core::Status& status, const Scene& scene);

}  // namespace admin
