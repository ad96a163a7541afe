#include "worker/core/engine/stats.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "worker/core/identity/problem.hpp"

namespace core {
namespace {

// As many of what make() makes.
template <std::size_t... Places, class Make>
auto filled(std::index_sequence<Places...>, Make make) {
    return std::array{(static_cast<void>(Places), make())...};
}

common::Histogram no_times() {
    return common::Histogram{time_to_execute_bounds};
}

// An outcome is the place of its histogram.
static_assert([] {
    for (std::size_t place = 0; place < achieved_outcomes.size(); ++place) {
        if (outcomes[place] != achieved_outcomes[place]) {
            return false;
        }
    }
    return true;
}());

}  // namespace

std::string_view wait_name(Wait wait) noexcept {
    constexpr std::array<std::string_view, wait_kinds.size()> names{
        "queued", "in_flight", "retrying", "held", "storing"};
    return names[static_cast<std::size_t>(wait)];
}

Stats::Stats()
    : time_to_execute{filled(
          std::make_index_sequence<event_types.size()>{},
          [] { return filled(std::make_index_sequence<achieved_outcomes.size()>{}, no_times); })},
      exchange_seconds{time_to_execute_bounds} {
    counters.attempts.resize(answer_classes().size());
    counters.notifications_refused.resize(identity_codes.size());
}

}  // namespace core
