#include "worker/adapters/reactor/system_clock.hpp"

#include <ctime>

namespace adapters::reactor {

common::Instant steady_now() noexcept {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return common::Instant{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

common::Now SystemClock::now() {
    const auto wall = std::chrono::system_clock::now();
    return {steady_now(), std::chrono::floor<std::chrono::milliseconds>(wall)};
}

}  // namespace adapters::reactor
