#include "worker/sim/world/timeline.hpp"

#include <algorithm>

#include "common/invariant.hpp"

namespace sim {

Timeline::Timeline(common::Now start) : now_{start} {}

void Timeline::at(common::Instant when, Happening happening) {
    happenings_.emplace(std::pair{std::max(when, now_.steady), next_id_++}, std::move(happening));
}

common::Instant Timeline::next() const noexcept {
    return happenings_.empty() ? common::never : happenings_.begin()->first.first;
}

void Timeline::run_next() {
    INVARIANT(!happenings_.empty(), "nothing will ever happen");
    auto node = happenings_.extract(happenings_.begin());
    advance_to(node.key().first);
    node.mapped()();
}

void Timeline::advance_to(common::Instant when) {
    INVARIANT(next() >= when, "time would pass over a happening");
    if (when <= now_.steady) {
        return;
    }
    below_a_millisecond_ += when - now_.steady;
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(below_a_millisecond_);
    below_a_millisecond_ -= whole;
    now_.wall += whole;
    now_.steady = when;
}

}  // namespace sim
