// Random tests divide their rounds by this: sanitizers make them ten times slower, and the lane is about
// memory and undefined behaviour, which few rounds show as well.
#pragma once

#include <cstdint>

namespace test_support {

#ifdef AUTOSIGNIN_SANITIZED
inline constexpr std::uint64_t slowness = 20;
#else
inline constexpr std::uint64_t slowness = 1;
#endif

}  // namespace test_support
