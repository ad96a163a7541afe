#include "worker/adapters/reactor/system_clock.hpp"

namespace adapters::reactor {

common::Now SystemClock::now() {
    const auto wall = std::chrono::system_clock::now();
    return {steady_now(), std::chrono::floor<std::chrono::milliseconds>(wall)};
}

}  // namespace adapters::reactor
