#include "worker/app/dead_letters/canary.hpp"

#include <fmt/format.h>

#include "worker/app/dead_letters/run_report.hpp"

namespace app::dead_letters {

std::optional<std::string> problem_of(const core::Outcomes::Tally& tally, const Stage& stage) {
    if (tally.came_back() > 0) {
        return fmt::format(
            "{} of the first {} came back ({}), so the rest was left alone", tally.came_back(), stage.taken,
            kinds_of(tally));
    }
    if (stage.failed > 0) {
        return fmt::format(
            "the brokers did not take {} of the first {} ({}), so the rest was left alone", stage.failed,
            stage.taken, stage.last_error);
    }
    if (tally.waiting > 0) {
        return fmt::format(
            "{} of the first {} had no receipt in time (for example {}), so the rest was left alone",
            tally.waiting, stage.taken, stage.example_waiting);
    }
    return std::nullopt;
}

}  // namespace app::dead_letters
