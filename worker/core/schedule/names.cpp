#include "worker/core/schedule/breaker.hpp"
#include "worker/core/schedule/gate.hpp"

namespace core {

std::string_view state_name(GateState state) noexcept {
    switch (state) {
        case GateState::open:
            return "open";
        case GateState::closed:
            return "closed";
        case GateState::probing:
            break;
    }
    return "probing";
}

std::string_view state_name(BreakerState state) noexcept {
    switch (state) {
        case BreakerState::closed:
            return "closed";
        case BreakerState::open:
            return "open";
        case BreakerState::half_open:
            break;
    }
    return "half_open";
}

std::string_view reason_name(GateReason reason) noexcept {
    switch (reason) {
        case GateReason::none:
            return "none";
        case GateReason::credential_refused:
            return "credential_refused";
        case GateReason::throttled:
            return "throttled";
        case GateReason::misdirected:
            return "misdirected";
        case GateReason::rejecting_everything:
            break;
    }
    return "rejecting_everything";
}

}  // namespace core
