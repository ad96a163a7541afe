// Whether the worker does its job, and if not, why: for /livez and /readyz.
#pragma once

#include <optional>

#include "common/time.hpp"
#include "worker/adapters/admin/admin_server.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/adapters/kafka/stats.hpp"
#include "worker/core/engine/stats.hpp"

namespace app {

struct Circumstances {
    const kafka::KafkaStats& source;
    const std::optional<kafka::Fatal>& fatal;  // of the source or the sink
    bool draining = false;
    const std::optional<core::Standstill>& standstill;  // of the engine's status
    common::Duration standstill_fail_after{};
};

// Ready from the first assignment on, also of nothing: a replica too many must not stop a rollout. A
// rebalance does not change that, since a worker without partitions is as it should be while others have
// them. Not alive: fatal, or work stands still for longer than a supervisor shall wait. Not ready: fatal,
// draining, no broker that answers, or a partition that waits for a decision. (That the loop turns is what
// the admin server finds out by itself: this is asked on the loop's thread.)
[[nodiscard]] admin::Health health(const Circumstances& now);

}  // namespace app
