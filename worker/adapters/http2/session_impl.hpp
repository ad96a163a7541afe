// The state of a Session, shared by session.cpp and session_callbacks.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/token_bucket.hpp"
#include "worker/adapters/http2/session.hpp"
#include "worker/adapters/http2/stream.hpp"

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace adapters::http2 {

// Cancelled streams: so many at once, then one a second.
inline constexpr double cancels_burst = 10;
inline constexpr double cancels_per_second = 1;

class Session::Impl {
public:
    Impl(SessionSettings settings, std::vector<core::ExchangeEnded>& ended);
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    [[nodiscard]] std::size_t streams_allowed() const noexcept;
    [[nodiscard]] std::size_t streams_free() const noexcept;
    void submit(ports::OutgoingRequest request);
    [[nodiscard]] bool consume(const std::uint8_t* bytes, std::size_t size);
    [[nodiscard]] bool produce(std::vector<std::uint8_t>& out, std::size_t enough);
    void expire(common::Instant now);
    void abandon();

    nghttp2_session* session_ = nullptr;
    DeadlineList deadlines_;
    std::size_t alive_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t requests_max_;
    std::int32_t goaway_last_stream_ = -1;
    bool settings_received_ = false;
    bool goaway_received_ = false;
    bool protocol_broken_ = false;
    std::string protocol_problem_;
    bool worn_out_ = false;
    bool retired_ = false;

private:
    // What nghttp2 calls; in session_callbacks.cpp.
    struct Callbacks;
    static void install(nghttp2_session_callbacks* callbacks);

    [[nodiscard]] Stream* stream_of(std::int32_t stream_id) const;
    [[nodiscard]] Stream& new_stream();
    void release(Stream& stream);
    void end(Stream& stream, core::Exchange exchange);
    void closed(Stream& stream, std::int32_t stream_id, std::uint32_t code);

    SessionSettings settings_;
    std::vector<core::ExchangeEnded>& ended_;
    common::TokenBucket cancels_{cancels_per_second, cancels_burst};
    std::vector<std::unique_ptr<Stream>> streams_;  // all ever made, reused through free_
    std::vector<Stream*> free_;
};

}  // namespace adapters::http2
