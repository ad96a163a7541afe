// One exchange on its way through a Session, and the order in which exchanges time out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/secret.hpp"
#include "common/time.hpp"
#include "worker/core/engine/input.hpp"
#include "worker/ports/http_transport.hpp"

namespace adapters::http2 {

struct Stream {
    core::ExchangeId id;
    std::int32_t wire_id = 0;
    common::Secret authorization;
    common::Secret body;
    common::Instant deadline{};
    std::string path;  // only when it differs from the request's static one
    std::array<char, 20> content_length{};
    std::size_t body_sent = 0;

    core::Answer answer;
    std::size_t header_bytes = 0;
    bool serialised = false;    // its HEADERS are bytes: the server may have them
    bool interim = false;       // inside a 1xx header block
    bool headers_done = false;  // what follows are trailers
    bool complete = false;      // END_STREAM was received
    bool reset_by_peer = false;
    bool ended = false;  // told to the caller; the stream may live on until the server lets it go

    Stream* earlier = nullptr;
    Stream* later = nullptr;

    void take(ports::OutgoingRequest request);
    void forget_secrets();

    // False: more header text than we accept.
    [[nodiscard]] bool header(std::string_view name, std::string_view value);
    // False: the body is cut, nothing more is wanted.
    [[nodiscard]] bool body_bytes(std::string_view bytes);

    // What the caller is told when the stream ended before its time: the status counts if it was seen.
    [[nodiscard]] core::Exchange cut_short(core::LostReason reason, core::NotSentReason otherwise);
};

// Streams by deadline, earliest first. Timeouts are mostly equal, so inserting is looking at the last one.
class DeadlineList {
public:
    void insert(Stream& stream) noexcept;
    void erase(Stream& stream) noexcept;
    [[nodiscard]] Stream* first() const noexcept { return first_; }

private:
    Stream* first_ = nullptr;
    Stream* last_ = nullptr;
};

}  // namespace adapters::http2
