#include "worker/adapters/http2/session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/http2/session_impl.hpp"

namespace adapters::http2 {

namespace {

constexpr std::int32_t connection_window = 4 * 1024 * 1024;
constexpr std::uint32_t header_list_bytes_max = 16 * 1024;

// nghttp2 takes names and values as mutable bytes and, with NO_COPY, reads them when the frame is made.
nghttp2_nv field(std::string_view name, std::string_view value) {
    auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
    auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
    return {
        name_bytes, value_bytes, name.size(), value.size(),
        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

ssize_t read_body(
    nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
    nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const std::string_view left = stream.body.expose().substr(stream.body_sent);
    const std::size_t size = std::min(left.size(), room);
    std::memcpy(into, left.data(), size);
    stream.body_sent += size;
    if (size == left.size()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream.body = {};
        stream.body_sent = 0;
    }
    return static_cast<ssize_t>(size);
}

}  // namespace

Session::Impl::Impl(SessionSettings settings, std::vector<core::ExchangeEnded>& ended)
    : requests_max_{settings.requests_max}, settings_{std::move(settings)}, ended_{ended} {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    INVARIANT(
        nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0, "out of memory");
    install(callbacks);
    nghttp2_option_set_no_closed_streams(option, 1);
    INVARIANT(nghttp2_session_client_new2(&session_, callbacks, this, option) == 0, "out of memory");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);

    const std::array<nghttp2_settings_entry, 2> entries{
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_list_bytes_max}}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
    // Bodies are short and read at once: one slow window for all streams would only couple them.
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

Session::Impl::~Impl() {
    nghttp2_session_del(session_);
}

std::size_t Session::Impl::streams_allowed() const noexcept {
    const std::size_t server =
        nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return std::min(server, settings_.streams_max);
}

std::size_t Session::Impl::streams_free() const noexcept {
    const std::size_t used = streams_.size() - free_.size();
    const bool open = settings_received_ && !retired_ && !goaway_received_ && requests_ < requests_max_ &&
                      nghttp2_session_check_request_allowed(session_) != 0;
    const std::size_t allowed = open ? streams_allowed() : 0;
    return allowed > used ? allowed - used : 0;
}

void Session::Impl::submit(ports::OutgoingRequest request) {
    const std::string_view static_path = request.request.path;
    const std::string_view content_type = request.request.content_type;
    const std::string_view method = request.request.method;
    Stream& stream = new_stream();
    stream.take(std::move(request));
    if (!settings_.path_prefix.empty()) {
        stream.path.append(settings_.path_prefix).append(static_path);
    }
    const std::string_view path = stream.path.empty() ? static_path : stream.path;
    char* const digits = stream.content_length.data();
    const auto end_of_digits =
        std::to_chars(digits, digits + stream.content_length.size(), stream.body.expose().size());
    std::array<nghttp2_nv, 8> fields{
        field(":method", method),
        field(":scheme", "https"),
        field(":authority", settings_.authority),
        field(":path", path),
        field("accept", "application/json"),
    };
    std::size_t count = 5;
    if (!stream.authorization.empty()) {
        fields.at(count++) = field("authorization", stream.authorization.expose());
    }
    if (!content_type.empty()) {
        fields.at(count++) = field("content-type", content_type);
        fields.at(count++) =
            field("content-length", {digits, static_cast<std::size_t>(end_of_digits.ptr - digits)});
    }
    nghttp2_data_provider body{};
    body.source.ptr = &stream;
    body.read_callback = read_body;
    ++requests_;
    ++alive_;
    deadlines_.insert(stream);
    const bool has_body = !stream.body.empty();
    stream.wire_id =
        nghttp2_submit_request(session_, nullptr, fields.data(), count, has_body ? &body : nullptr, &stream);
    if (stream.wire_id < 0) {
        end(stream, core::NotSent{core::NotSentReason::no_connection});
        release(stream);
    }
}

bool Session::Impl::consume(const std::uint8_t* bytes, std::size_t size) {
    const ssize_t taken = nghttp2_session_mem_recv(session_, bytes, size);
    const bool whole = taken >= 0 && static_cast<std::size_t>(taken) == size;
    if (!whole && !protocol_broken_) {
        protocol_broken_ = true;
        protocol_problem_ = nghttp2_strerror(static_cast<int>(taken));
    }
    return whole;
}

bool Session::Impl::produce(std::vector<std::uint8_t>& out, std::size_t enough) {
    while (out.size() < enough) {
        const std::uint8_t* frame = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_, &frame);
        if (size <= 0) {
            return size == 0;
        }
        out.insert(out.end(), frame, frame + size);
    }
    return true;
}

void Session::Impl::expire(common::Instant now) {
    while (Stream* const stream = deadlines_.first()) {
        if (stream->deadline > now) {
            return;
        }
        // A request that is still in nghttp2's queue is taken back without a byte on the wire.
        if (!stream->serialised || cancels_.take(now)) {
            nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->wire_id, NGHTTP2_CANCEL);
        } else {
            worn_out_ = true;
        }
        end(*stream,
            stream->cut_short(core::LostReason::deadline, core::NotSentReason::deadline_before_sending));
    }
}

void Session::Impl::abandon() {
    const auto lost = protocol_broken_ ? core::LostReason::protocol : core::LostReason::reset;
    while (Stream* const stream = deadlines_.first()) {
        end(*stream, stream->cut_short(lost, core::NotSentReason::no_connection));
    }
    for (const auto& stream : streams_) {
        stream->forget_secrets();
    }
}

Stream* Session::Impl::stream_of(std::int32_t stream_id) const {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session_, stream_id));
}

Stream& Session::Impl::new_stream() {
    if (free_.empty()) {
        streams_.push_back(std::make_unique<Stream>());
        return *streams_.back();
    }
    Stream* const stream = free_.back();
    free_.pop_back();
    return *stream;
}

void Session::Impl::release(Stream& stream) {
    stream.forget_secrets();
    free_.push_back(&stream);
}

void Session::Impl::end(Stream& stream, core::Exchange exchange) {
    stream.ended = true;
    deadlines_.erase(stream);
    --alive_;
    ended_.push_back({stream.id, std::move(exchange)});
}

// What the end of a stream means, where it was not we who ended the exchange.
void Session::Impl::closed(Stream& stream, std::int32_t stream_id, std::uint32_t code) {
    if (stream.complete && stream.answer.status != 0) {
        ++answers_;
        return end(stream, std::move(stream.answer));
    }
    const bool above = goaway_received_ && stream_id > goaway_last_stream_;
    if (code == NGHTTP2_REFUSED_STREAM && stream.answer.status == 0) {
        return end(
            stream, core::NotSent{above ? core::NotSentReason::goaway : core::NotSentReason::refused_stream});
    }
    end(stream, stream.cut_short(
                    stream.reset_by_peer ? core::LostReason::reset : core::LostReason::protocol,
                    goaway_received_ ? core::NotSentReason::goaway : core::NotSentReason::no_connection));
}

Session::Session(const SessionSettings& settings, std::vector<core::ExchangeEnded>& ended)
    : impl_{std::make_unique<Impl>(settings, ended)} {}
Session::~Session() = default;

bool Session::ready() const noexcept {
    return impl_->settings_received_;
}
std::size_t Session::streams_allowed() const noexcept {
    return impl_->settings_received_ ? impl_->streams_allowed() : 0;
}
std::size_t Session::streams_free() const noexcept {
    return impl_->streams_free();
}
std::size_t Session::alive() const noexcept {
    return impl_->alive_;
}
void Session::submit(ports::OutgoingRequest request) {
    impl_->submit(std::move(request));
}
bool Session::consume(const std::uint8_t* bytes, std::size_t size) {
    return impl_->consume(bytes, size);
}
bool Session::produce(std::vector<std::uint8_t>& out, std::size_t enough) {
    return impl_->produce(out, enough);
}
bool Session::over() const noexcept {
    return nghttp2_session_want_read(impl_->session_) == 0 &&
           nghttp2_session_want_write(impl_->session_) == 0;
}
void Session::expire(common::Instant now) {
    impl_->expire(now);
}
common::Instant Session::next_deadline() const noexcept {
    const Stream* const first = impl_->deadlines_.first();
    return first == nullptr ? common::never : first->deadline;
}
void Session::ping() {
    nghttp2_submit_ping(impl_->session_, NGHTTP2_FLAG_NONE, nullptr);
}
void Session::retire() noexcept {
    impl_->retired_ = true;
}
void Session::say_goodbye() {
    nghttp2_session_terminate_session(impl_->session_, NGHTTP2_NO_ERROR);
}
void Session::abandon() {
    impl_->abandon();
}
bool Session::retired() const noexcept {
    return impl_->retired_ || impl_->goaway_received_;
}
bool Session::goaway_received() const noexcept {
    return impl_->goaway_received_;
}
bool Session::protocol_broken() const noexcept {
    return impl_->protocol_broken_;
}
const std::string& Session::protocol_problem() const noexcept {
    return impl_->protocol_problem_;
}
bool Session::worn_out() const noexcept {
    return impl_->worn_out_;
}
bool Session::used_up() const noexcept {
    return impl_->requests_ >= impl_->requests_max_;
}
std::uint64_t Session::answers() const noexcept {
    return impl_->answers_;
}

}  // namespace adapters::http2
