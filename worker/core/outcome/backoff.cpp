#include "worker/core/outcome/backoff.hpp"

#include <algorithm>

namespace core {

common::Duration Backoff::after(int failures_before, common::Prng& random) const noexcept {
    common::Duration ceiling = std::min(base, longest);
    // Doubling stops at `longest`, so neither a huge count nor a huge base overflows or takes long.
    for (int doubled = 0; doubled < failures_before && ceiling > common::Duration{0} && ceiling < longest;
         ++doubled) {
        ceiling = ceiling > longest / 2 ? longest : ceiling * 2;
    }
    const common::Duration tick{1};
    return tick + random.up_to(std::max(ceiling, tick) - tick);
}

}  // namespace core
