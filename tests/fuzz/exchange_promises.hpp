// What is true of an exchange however a server behaved, whichever transport carried it. Aborts when it is
// not.
#pragma once

#include <cstddef>

#include "worker/core/outcome/exchange.hpp"

namespace fuzz {

// `header_bytes_max`: what the transport keeps of one header at most.
void check(const core::Exchange& exchange, std::size_t header_bytes_max);

}  // namespace fuzz
