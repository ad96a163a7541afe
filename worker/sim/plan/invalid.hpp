// Records that are no events, each in a way that the account system or a stranger could produce.
#pragma once

#include <string_view>

#include "worker/sim/plan/plan.hpp"
#include "worker/sim/world/choices.hpp"

namespace sim {

// Fills in value and headers. With `may_be_large`, some are larger than the broker takes back.
void make_invalid(Choices& choices, PlannedRecord& record, std::string_view subject, bool may_be_large);

}  // namespace sim
