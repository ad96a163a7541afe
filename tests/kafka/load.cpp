#include "tests/kafka/load.hpp"

namespace lane {

void Load::feed(std::size_t ahead) {
    constexpr std::size_t step = 200;  // events
    const std::size_t from = events_;
    const std::size_t wanted = scene_.requests() + ahead;
    for (; events_ < history_.events.size() && (commands_ < wanted || events_ % step != 0); ++events_) {
        commands_ += history_.events[events_].demands.size();
    }
    const auto at = [&](std::size_t i) { return history_.events.begin() + static_cast<std::ptrdiff_t>(i); };
    scene_.cluster().produce(scene_.source_topic(), {at(from), at(events_)});
}

std::size_t Load::end() {
    keep_first(history_, events_);
    return events_;
}

}  // namespace lane
