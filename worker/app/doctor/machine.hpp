// Checks of what is on this machine: the configuration and the files it names, the limits of the process, the
// libraries. No network.
#pragma once

#include <cstdint>
#include <optional>

#include "worker/app/config/load.hpp"
#include "worker/app/doctor/finding.hpp"

namespace app::doctor {

// The report of check-config as findings: what is wrong with the configuration, its keys and its files.
[[nodiscard]] Findings check_configuration(const Loaded& loaded);

struct Limits {
    std::uint64_t descriptors = 0;          // soft limit
    std::optional<std::uint64_t> memory{};  // bytes; of the control group; none: no limit
};
[[nodiscard]] Limits limits_of_this_process();
[[nodiscard]] Findings check_limits(const Limits& limits, const Config& config);

// `version` as RD_KAFKA_VERSION has it: 0x020002ff is 2.0.2.
[[nodiscard]] Findings check_library(const std::string& name, int version, const Config& config);

}  // namespace app::doctor
