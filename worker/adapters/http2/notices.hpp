// Log lines about one endpoint's connections: what failed, why, and what to do; the same reason once a
// minute.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/once_a_minute.hpp"
#include "common/repetition.hpp"
#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/ports/transport_stats.hpp"

namespace adapters::http2 {

using Notify = std::function<void(core::Say)>;

class Notices {
public:
    // `where` is the authority, for people.
    Notices(std::string where, Notify notify);

    // A connection ended, or was not made. Says nothing for ends that are part of a good life (age,
    // shutdown).
    void ended(
        ports::ConnectionEnd end, std::string_view detail, bool certificate_refused, common::Instant now);
    // A connection works, but not with the first address: somebody loses seconds with every new one.
    void detour(std::string_view problem, common::Instant now);
    // A connection works; told only after trouble was told.
    void recovered();

private:
    std::string where_;
    Notify notify_;
    common::Repetition<ports::connection_ends.size()> repetition_;
    common::OnceAMinute detours_;
    bool trouble_told_ = false;
};

}  // namespace adapters::http2
