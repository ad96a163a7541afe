// Log lines about one endpoint's connections: what failed, why, and what to do; the same reason once a
// minute.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/repetition.hpp"
#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/ports/transport_stats.hpp"

namespace adapters::http1 {

using Notify = std::function<void(core::Say)>;

// What became of a connection, as far as an operator can do something about it.
enum class Trouble : std::uint8_t {
    dns,
    proxy_dns,
    connect,
    proxy_refused,  // the proxy's answer to CONNECT
    certificate,
    certificate_name,
    tls,
    lost,
    nonsense,  // no HTTP
};
inline constexpr std::size_t troubles = 9;

// As the metrics count it.
[[nodiscard]] ports::ConnectionEnd end_of(Trouble trouble) noexcept;

class Notices {
public:
    // `where` is the base URL, for people.
    Notices(std::string where, Notify notify);

    // `detail` is the library's, and goes into the line as it is: it must not hold a secret.
    void failed(Trouble trouble, std::string_view detail, common::Instant now);
    // A connection works; told only after trouble was told.
    void recovered();

private:
    std::string where_;
    Notify notify_;
    common::Repetition<troubles> repetition_;
    bool trouble_told_ = false;
};

}  // namespace adapters::http1
