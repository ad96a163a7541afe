#include "worker/core/engine/stats.hpp"

#include <utility>

#include "worker/core/identity/problem.hpp"

namespace core {
namespace {

template <std::size_t... Types>
ByType<common::Histogram> by_type(std::index_sequence<Types...>) {
    const auto empty = [](std::size_t) { return common::Histogram{time_to_execute_bounds}; };
    return {empty(Types)...};
}

}  // namespace

Stats::Stats()
    : time_to_execute{by_type(std::make_index_sequence<event_types.size()>{})},
      exchange_seconds{time_to_execute_bounds} {
    counters.attempts.resize(answer_classes().size());
    counters.notifications_refused.resize(identity_codes.size());
}

}  // namespace core
