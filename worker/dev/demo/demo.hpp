// The main job on one machine: account events through an embedded broker and the worker to a scripted Apple
// that misbehaves for a while; then what Apple holds is compared with what the events demanded.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dev {

struct DemoOptions {
    std::size_t events = 4000;
    std::uint64_t seed = 1;
    int seconds = 20;              // over which the events are sent
    bool keep = false;             // leave everything running afterwards, until a signal
    bool calm = false;             // Apple behaves, and every event is a good one
    std::uint16_t admin_port = 0;  // 0: any free one
};

// 0: Apple holds what the events demanded and every event is accounted for. 1: not so. 7: it could not start.
// 130, 143, 129: Ctrl-C, SIGTERM, SIGHUP before the end, so there is no verdict. Everything is cleaned up.
[[nodiscard]] int demo(const DemoOptions& options);

}  // namespace dev
