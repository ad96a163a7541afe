// What kind of world a seed is: sizes, settings and which classes of faults it has. Drawn first, so that
// every seed is narrow in its own way (a world with everything at once rarely reaches the corners).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"
#include "worker/core/engine/settings.hpp"
#include "worker/sim/world/choices.hpp"

namespace sim {

struct Swarm {
    std::size_t workers = 1;
    std::size_t partitions = 2;
    std::size_t accounts = 10;
    std::size_t records = 60;
    std::size_t apps = 1;
    common::Duration calm_after{};  // from the start: every fault is over by then

    // Classes of faults.
    bool apple_errors = false;   // 5xx and lost, late, refused requests, one by one
    bool apple_outages = false;  // windows in which nothing works
    bool throttles = false;
    bool credential_refusals = false;
    bool wire_losses = false;  // connections and capacity
    bool rebalances = false;
    bool losses = false;  // partitions taken away without asking
    bool crashes = false;
    bool drains = false;
    bool store_failures = false;
    bool commit_failures = false;
    bool wall_jumps = false;
    bool poison = false;
    bool invalid_records = false;
    bool offset_holes = false;
    unsigned poison_percent = 6;   // of fresh values, with `poison`
    unsigned invalid_percent = 8;  // of records, with `invalid_records`
    bool large_records = false;    // a dead letter of which the broker refuses
    bool slow_apple = false;
    bool static_members = false;
    bool pauses = false;  // a worker gets no turns for a while
    bool rewinds = false;
    bool late_stores = false;
    bool short_metadata = false;  // the broker takes less of it than a map may need
    bool key_rotations = false;
    bool slow_account = false;
    bool hot_account = false;
    bool partition_behind = false;
    bool rejections = false;  // windows in which Apple answers 400 to what is right
    bool operators = false;   // people replay and discard dead letters meanwhile
    std::size_t letter_partitions = 1;
    // From the start, with operators: Apple takes poisoned values then; none: never.
    std::optional<common::Duration> heals_after{};
    bool map_versions = false;  // some workers of the group write offset maps that others cannot read

    common::Duration latency_max{};
    core::Settings settings;  // apps, endpoints and rules are filled in as well

    // One line, for the report of a failure.
    [[nodiscard]] std::string describe() const;
};

// The classes of faults by name, in the order in which they are drawn.
struct FaultClass {
    bool Swarm::*on;
    std::string_view name;
};
inline constexpr std::array fault_classes{
    FaultClass{&Swarm::apple_errors, "apple_errors"},
    FaultClass{&Swarm::apple_outages, "apple_outages"},
    FaultClass{&Swarm::throttles, "throttles"},
    FaultClass{&Swarm::credential_refusals, "credential_refusals"},
    FaultClass{&Swarm::wire_losses, "wire_losses"},
    FaultClass{&Swarm::rebalances, "rebalances"},
    FaultClass{&Swarm::losses, "losses"},
    FaultClass{&Swarm::crashes, "crashes"},
    FaultClass{&Swarm::drains, "drains"},
    FaultClass{&Swarm::store_failures, "store_failures"},
    FaultClass{&Swarm::commit_failures, "commit_failures"},
    FaultClass{&Swarm::wall_jumps, "wall_jumps"},
    FaultClass{&Swarm::poison, "poison"},
    FaultClass{&Swarm::invalid_records, "invalid_records"},
    FaultClass{&Swarm::offset_holes, "offset_holes"},
    FaultClass{&Swarm::large_records, "large_records"},
    FaultClass{&Swarm::slow_apple, "slow_apple"},
    FaultClass{&Swarm::static_members, "static_members"},
    FaultClass{&Swarm::pauses, "pauses"},
    FaultClass{&Swarm::rewinds, "rewinds"},
    FaultClass{&Swarm::late_stores, "late_stores"},
    FaultClass{&Swarm::key_rotations, "key_rotations"},
    FaultClass{&Swarm::slow_account, "slow_account"},
    FaultClass{&Swarm::hot_account, "hot_account"},
    FaultClass{&Swarm::partition_behind, "partition_behind"},
    FaultClass{&Swarm::rejections, "rejections"},
    FaultClass{&Swarm::map_versions, "map_versions"},
    FaultClass{&Swarm::short_metadata, "short_metadata"},
};

[[nodiscard]] Swarm draw_swarm(Choices& choices);

// An app's names in the simulated world.
[[nodiscard]] std::string app_name(core::AppId app);
[[nodiscard]] std::string bundle_id(core::AppId app);

inline constexpr std::size_t short_metadata_chars = 20;
inline constexpr std::size_t record_bytes_max = 8'000;  // what the simulated broker takes

}  // namespace sim
