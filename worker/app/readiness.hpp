// Whether the worker does its job, and if not, why: for /livez and /readyz.
#pragma once

#include "worker/adapters/admin/admin_server.hpp"
#include "worker/adapters/kafka/reporter.hpp"
#include "worker/adapters/kafka/stats.hpp"

namespace app {

struct Circumstances {
    const kafka::KafkaStats& source;
    const std::optional<kafka::Fatal>& fatal;  // of the source or the sink
    bool draining = false;
};

// Ready from the first assignment on; a rebalance does not change that, since a worker without partitions is
// as it should be while others have them. Not ready: fatal, draining, or a partition that waits for a
// decision. (That the loop turns is what the admin server finds out by itself: this is asked on the loop's
// thread.)
[[nodiscard]] admin::Health health(const Circumstances& now);

}  // namespace app
