#include "common/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace common {

void invariant_broken(const char* file, int line, const char* condition, const char* why) noexcept {
    std::fprintf(stderr, "%s:%d: impossible: %s (%s)\n", file, line, why, condition);
    std::abort();
}

}  // namespace common
