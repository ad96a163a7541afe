// Where log lines go.
#pragma once

#include "worker/core/engine/effect.hpp"

namespace ports {

class Journal {
public:
    virtual ~Journal() = default;
    [[nodiscard]] virtual bool wants(core::Severity severity) const = 0;
    virtual void write(const core::Say& line) = 0;
};

}  // namespace ports
