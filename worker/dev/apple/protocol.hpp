// One connection's HTTP without its socket: bytes in, whole requests out; answers in, bytes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/sim/apple/apple.hpp"

namespace dev {

using StreamId = std::int64_t;
// A whole request came. May call carry_out() of the same protocol before it returns.
using Receive = std::function<void(StreamId stream, const sim::Request& request)>;

class Protocol {
public:
    virtual ~Protocol() = default;

    // False: nothing more can come of this connection; produce() may still hold a last word.
    [[nodiscard]] virtual bool consume(const std::uint8_t* bytes, std::size_t size) = 0;
    // Appends what there is to send, up to about `enough` bytes. False: the connection is broken.
    [[nodiscard]] virtual bool produce(std::vector<std::uint8_t>& out, std::size_t enough) = 0;
    // Does what answer.wire says; streams that are gone are ignored.
    virtual void carry_out(StreamId stream, const sim::Answer& answer) = 0;

    virtual void allow_streams(std::uint32_t streams_max) = 0;
    virtual void go_away() = 0;

    // Close when everything produced is sent.
    [[nodiscard]] virtual bool over() const = 0;
    // Close at once, whatever is left to send.
    [[nodiscard]] virtual bool cut() const = 0;
};

[[nodiscard]] std::unique_ptr<Protocol> make_http2(
    sim::Environment environment, std::uint32_t streams_max, Receive receive);
[[nodiscard]] std::unique_ptr<Protocol> make_http1(sim::Environment environment, Receive receive);

inline constexpr std::size_t request_body_bytes_max = std::size_t{1} << 20U;

}  // namespace dev
