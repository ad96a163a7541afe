// The worker's mind: inputs and the present time in, effects out. Pure and deterministic: the same settings
// and the same sequence of steps give the same effects.
//
// A record's way: Received -> decode -> commands -> its account's lane -> SendRequest -> ExchangeEnded -> ...
// -> Store (dead letter, receipts) -> StoreEnded -> offset tracker -> Commit.
//
// Ownership: owns every record from Received until it is settled or its epoch is released.
// Threads:   one thread; no locks.
// Errors:    none. What goes wrong outside arrives as input; what cannot be is an INVARIANT.
#pragma once

#include <memory>
#include <span>

#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/core/engine/record_status.hpp"
#include "worker/core/engine/settings.hpp"
#include "worker/core/engine/stats.hpp"

namespace core {

class Engine {
public:
    explicit Engine(Settings settings);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    // Takes the inputs (they are moved from), then dispatches and commits what became possible.
    // Appends to `effects`.
    void step(std::span<Input> inputs, common::Now now, Effects& effects);

    // The earliest time at which a Tick would change something; common::never when only inputs can.
    [[nodiscard]] common::Instant next_deadline() const;

    [[nodiscard]] const Stats& stats() const noexcept;
    [[nodiscard]] Status status(common::Now now) const;
    [[nodiscard]] RecordStatus record_status(const Position& asked, common::Now now) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace core
