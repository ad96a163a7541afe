#include "worker/app/clock_watch.hpp"

#include <variant>

namespace app {

void ClockWatch::collect(common::Now now, std::vector<core::Input>& inputs) {
    const std::size_t before = inputs.size();
    transport_.collect(now, inputs);
    for (std::size_t i = before; i < inputs.size(); ++i) {
        const auto* ended = std::get_if<core::ExchangeEnded>(&inputs[i]);
        const auto* answer = ended == nullptr ? nullptr : std::get_if<core::Answer>(&ended->exchange);
        if (answer == nullptr || !answer->date) {
            continue;
        }
        if (const auto warning = skew_.note(*answer->date, now)) {
            journal_.write(*warning);
        }
    }
}

}  // namespace app
