// Errors of the Kafka clients, to standard error as they are.
#pragma once

#include "common/time.hpp"
#include "worker/ports/journal.hpp"

namespace app::dead_letters {

class Complaints final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity >= core::Severity::error;
    }
    void write(const core::Say& line) override;
};

[[nodiscard]] common::WallTime wall_now();

}  // namespace app::dead_letters
