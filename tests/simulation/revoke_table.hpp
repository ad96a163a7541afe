// How long it took until tokens were gone, as rows of percentiles, and the table in the repository that they
// are compared with (time_to_revoke.txt).
//
// A line a row: scenario, which events, how many, then seconds at each of `quantile_names`. Lines with # say
// what the table is; the line "may-move" holds by how many percent a column may differ, either way.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/lean_world.hpp"

namespace simulation {

inline constexpr std::array<std::string_view, 5> quantile_names{"p50", "p90", "p99", "p99.9", "max"};
using Quantiles = std::array<double, quantile_names.size()>;

struct RevokeRow {
    std::string scenario;
    std::string events;  // "all", a type of events, or "live": those that came behind a backlog
    std::uint64_t count = 0;
    Quantiles seconds{};
};

struct RevokeTable {
    Quantiles may_move{10, 10, 10, 15, 25};  // percent
    std::vector<RevokeRow> rows;
};

[[nodiscard]] std::vector<RevokeRow> rows_of(const RevokeScenario& scenario, const RevokeTimes& times);

[[nodiscard]] std::string written(const RevokeTable& table);
// None: not such a table.
[[nodiscard]] std::optional<RevokeTable> read_table(std::string_view text);

// What differs by more than it may, a line each: "quota-50 all p99 moved from 12.3 s to 15.1 s (10 % may)".
// Rows of scenarios that are not among `measured` are not missed.
[[nodiscard]] std::vector<std::string> moved(
    const RevokeTable& expected, const std::vector<RevokeRow>& measured);

}  // namespace simulation
