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

std::string_view wait_name(Wait wait) noexcept {
    constexpr std::array<std::string_view, wait_kinds.size()> names{
        "queued", "in_flight", "retrying", "held", "storing"};
    return names[static_cast<std::size_t>(wait)];
}

Stats::Stats()
    : time_to_execute{by_type(std::make_index_sequence<event_types.size()>{})},
      exchange_seconds{time_to_execute_bounds} {
    counters.attempts.resize(answer_classes().size());
    counters.notifications_refused.resize(identity_codes.size());
}

}  // namespace core
