// Log lines, shown to the witness: nothing secret may be in them.
#pragma once

#include "worker/ports/journal.hpp"
#include "worker/sim/ports/surroundings.hpp"
#include "worker/sim/ports/witness.hpp"

namespace sim {

class SimJournal final : public ports::Journal {
public:
    explicit SimJournal(const Surroundings& around) : around_{around} {}

    [[nodiscard]] bool wants(core::Severity) const override { return true; }
    void write(const core::Say& line) override {
        around_.fuse.burn();
        around_.witness.said(around_.worker, line);
    }

private:
    Surroundings around_;
};

}  // namespace sim
