// The demo's table: what became of the events, how long it took, what is owed.
#pragma once

#include <string>

#include "worker/dev/demo/tally.hpp"

namespace dev {

[[nodiscard]] std::string report(const Tally& tally);

}  // namespace dev
