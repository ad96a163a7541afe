#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "common/invariant.hpp"
#include "worker/dev/apple/protocol.hpp"

namespace dev {
namespace {

constexpr std::uint32_t window_bytes = 1U << 20U;

struct Stream {
    sim::Request request;
    bool received = false;
    std::string answer_body;
    std::size_t sent = 0;
    bool tear = false;
};

nghttp2_nv field(std::string_view name, std::string_view value) {
    // nghttp2 copies both (no NO_COPY flags); its interface predates const.
    return {
        reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
        NGHTTP2_NV_FLAG_NONE};
}

class Http2 final : public Protocol {
public:
    Http2(sim::Environment environment, std::uint32_t streams_max, Receive receive)
        : environment_{environment}, receive_{std::move(receive)} {
        nghttp2_session_callbacks* callbacks = nullptr;
        INVARIANT(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        const int made = nghttp2_session_server_new(&session_, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        INVARIANT(made == 0, "out of memory");
        const std::array settings{
            nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
            nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window_bytes}};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
        nghttp2_session_set_local_window_size(
            session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(window_bytes * 16));
    }
    Http2(const Http2&) = delete;
    Http2& operator=(const Http2&) = delete;
    ~Http2() override { nghttp2_session_del(session_); }

    bool consume(const std::uint8_t* bytes, std::size_t size) override {
        return nghttp2_session_mem_recv(session_, bytes, size) >= 0 && !cut_;
    }

    bool produce(std::vector<std::uint8_t>& out, std::size_t enough) override {
        while (out.size() < enough) {
            const std::uint8_t* bytes = nullptr;
            const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
            if (size < 0) {
                return false;
            }
            if (size == 0) {
                break;
            }
            out.insert(out.end(), bytes, bytes + size);
        }
        return true;
    }

    void carry_out(StreamId stream, const sim::Answer& answer) override {
        const auto id = static_cast<std::int32_t>(stream);
        if (!streams_.contains(id)) {
            return;
        }
        switch (answer.wire) {
            case sim::Wire::answer:
            case sim::Wire::torn_body:
                respond(id, answer);
                return;
            case sim::Wire::reset:
                reset(id, NGHTTP2_INTERNAL_ERROR);
                return;
            case sim::Wire::refused_stream:
                reset(id, NGHTTP2_REFUSED_STREAM);
                return;
            case sim::Wire::go_away:
                leave_out(id);
                return;
            case sim::Wire::close:
                cut_ = true;
                return;
            case sim::Wire::stall:
                return;
        }
    }

    void allow_streams(std::uint32_t streams_max) override {
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
    }

    void go_away() override {
        nghttp2_submit_goaway(
            session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
            nullptr, 0);
    }

    bool over() const override {
        return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
    }
    bool cut() const override { return cut_; }

private:
    static Http2& self(void* user) { return *static_cast<Http2*>(user); }

    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            sim::Request& request = self(user).streams_[frame->hd.stream_id].request;
            request.environment = self(user).environment_;
            request.content_type.clear();
        }
        return 0;
    }

    static int on_header(
        nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
        const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        const auto stream = self(user).streams_.find(frame->hd.stream_id);
        if (stream == self(user).streams_.end()) {
            return 0;
        }
        const std::string_view key{reinterpret_cast<const char*>(name), name_size};
        const std::string_view text{reinterpret_cast<const char*>(value), value_size};
        sim::Request& request = stream->second.request;
        if (key == ":method") {
            request.method = text;
        } else if (key == ":path") {
            request.path = text;
        } else if (key == "authorization") {
            request.authorization = text;
        } else if (key == "content-type") {
            request.content_type = text;
        }
        return 0;
    }

    static int on_data(
        nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
        void* user) {
        const auto stream = self(user).streams_.find(id);
        if (stream == self(user).streams_.end()) {
            return 0;
        }
        std::string& body = stream->second.request.body;
        if (body.size() + size > request_body_bytes_max) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
            return 0;
        }
        body.append(reinterpret_cast<const char*>(bytes), size);
        return 0;
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                          (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS);
        if (!ends) {
            return 0;
        }
        Http2& http2 = self(user);
        const auto stream = http2.streams_.find(frame->hd.stream_id);
        if (stream == http2.streams_.end() || stream->second.received) {
            return 0;
        }
        stream->second.received = true;
        const sim::Request request = std::move(stream->second.request);
        http2.receive_(frame->hd.stream_id, request);
        // After a cut the requests behind this one must not be executed.
        return http2.cut_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
    }

    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        self(user).streams_.erase(id);
        return 0;
    }

    static ssize_t read_body(
        nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t room, std::uint32_t* flags,
        nghttp2_data_source*, void* user) {
        Stream& stream = self(user).streams_.at(id);
        const std::size_t end = stream.tear ? stream.answer_body.size() / 2 : stream.answer_body.size();
        if (stream.tear && stream.sent == end) {
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // makes nghttp2 reset the stream
        }
        const std::size_t size = std::min(room, end - stream.sent);
        std::copy_n(stream.answer_body.data() + stream.sent, size, into);
        stream.sent += size;
        if (stream.sent == stream.answer_body.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        }
        return static_cast<ssize_t>(size);
    }

    void respond(std::int32_t id, const sim::Answer& answer) {
        const std::string status = std::to_string(answer.status);
        const std::string length = std::to_string(answer.body.size());
        const auto second = std::chrono::floor<std::chrono::seconds>(answer.date);
        if (second != date_of_) {
            date_ = sim::http_date(answer.date);
            date_of_ = second;
        }
        fields_.assign({field(":status", status), field("date", date_)});
        if (!answer.content_type.empty()) {
            fields_.push_back(field("content-type", answer.content_type));
        }
        if (answer.retry_after) {
            fields_.push_back(field("retry-after", *answer.retry_after));
        }
        for (const auto& [name, value] : answer.headers) {
            fields_.push_back(field(name, value));
        }
        if (answer.body.empty()) {
            nghttp2_submit_response(session_, id, fields_.data(), fields_.size(), nullptr);
            return;
        }
        fields_.push_back(field("content-length", length));
        Stream& stream = streams_.at(id);
        stream.answer_body = answer.body;
        stream.tear = answer.wire == sim::Wire::torn_body;
        nghttp2_data_provider provider{};
        provider.read_callback = read_body;
        nghttp2_submit_response(session_, id, fields_.data(), fields_.size(), &provider);
    }

    void reset(std::int32_t id, std::uint32_t code) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
    }

    // GOAWAY that tells the client that `id` was not processed. Streams above it may have been already: then
    // the last id cannot lie below `id`, and the stream is refused besides.
    void leave_out(std::int32_t id) {
        const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
        const bool newest = last <= id;
        if (!newest) {
            reset(id, NGHTTP2_REFUSED_STREAM);
        }
        nghttp2_submit_goaway(
            session_, NGHTTP2_FLAG_NONE, newest ? std::max(id - 2, 0) : last, NGHTTP2_NO_ERROR, nullptr, 0);
    }

    nghttp2_session* session_ = nullptr;
    sim::Environment environment_;
    Receive receive_;
    std::unordered_map<std::int32_t, Stream> streams_;
    std::vector<nghttp2_nv> fields_;  // of the answer at hand; kept for its room
    std::string date_;
    std::chrono::sys_seconds date_of_{};
    bool cut_ = false;
};

}  // namespace

std::unique_ptr<Protocol> make_http2(
    sim::Environment environment, std::uint32_t streams_max, Receive receive) {
    return std::make_unique<Http2>(environment, streams_max, std::move(receive));
}

}  // namespace dev
