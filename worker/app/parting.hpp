// What the worker says when it leaves otherwise than clean: why, and what its next owner will repeat.
#pragma once

#include <optional>

#include "common/time.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/stats.hpp"

namespace app {

// The engine lets go of its work in the same turn in which it finishes late, so what was open then is known
// from a look while it drained.
class LastLook {
public:
    // True ten times a second at most: making a Status is not free.
    [[nodiscard]] bool due(common::Instant now);
    void took(core::Status status) { status_ = std::move(status); }
    [[nodiscard]] const std::optional<core::Status>& status() const noexcept { return status_; }

private:
    common::Instant next_{};
    std::optional<core::Status> status_;
};

// For drained_late and stopped_at_once; none for the others. `before` is the last look, when there was one.
[[nodiscard]] std::optional<core::Say> parting_words(
    ExitCode code, const std::optional<core::Status>& before);

}  // namespace app
