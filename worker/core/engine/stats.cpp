#include "worker/core/engine/stats.hpp"

namespace core {

Stats::Stats()
    : time_to_execute{common::Histogram{time_to_execute_bounds}, common::Histogram{time_to_execute_bounds}, common::Histogram{time_to_execute_bounds}, common::Histogram{time_to_execute_bounds}},
      exchange_seconds{time_to_execute_bounds} {
    static_assert(event_types.size() == 4, "one histogram an event type");
    counters.attempts.resize(answer_classes().size());
}

}  // namespace core
