// The present. The only way time enters the worker.
#pragma once

#include "common/time.hpp"

namespace ports {

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual common::Now now() = 0;
};

}  // namespace ports
