// What nghttp2 calls while it eats and makes bytes. `impl` is the user data of the session. Nothing here
// throws but for want of memory, which ends the process.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "worker/adapters/http2/session_impl.hpp"

namespace adapters::http2 {

namespace {

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

struct Session::Impl::Callbacks {
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* impl) {
        Stream* const stream = static_cast<Impl*>(impl)->stream_of(frame->hd.stream_id);
        if (stream != nullptr) {
            stream->headers_done = stream->answer.status != 0;
        }
        return 0;
    }

    static int on_header(
        nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
        const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* impl) {
        Stream* const stream = static_cast<Impl*>(impl)->stream_of(frame->hd.stream_id);
        if (stream == nullptr || stream->ended) {
            return 0;
        }
        // Too much header text resets this stream alone.
        return stream->header(text_of(name, name_size), text_of(value, value_size))
                   ? 0
                   : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int on_data(
        nghttp2_session* session, std::uint8_t, std::int32_t stream_id, const std::uint8_t* bytes,
        std::size_t size, void* impl) {
        auto& self = *static_cast<Impl*>(impl);
        Stream* const stream = self.stream_of(stream_id);
        if (stream == nullptr || stream->ended || stream->body_bytes(text_of(bytes, size))) {
            return 0;
        }
        // Enough was read. Cancelling frees the stream from a body that may have no end.
        ++self.answers_;
        self.end(*stream, std::move(stream->answer));
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
        return 0;
    }

    static int on_frame_received(nghttp2_session*, const nghttp2_frame* frame, void* impl) {
        auto& self = *static_cast<Impl*>(impl);
        if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
            self.settings_received_ = true;
        } else if (frame->hd.type == NGHTTP2_GOAWAY) {
            self.goaway_received_ = true;
            self.goaway_last_stream_ = frame->goaway.last_stream_id;
        } else if (frame->hd.stream_id != 0) {
            Stream* const stream = self.stream_of(frame->hd.stream_id);
            if (stream != nullptr) {
                stream->reset_by_peer = stream->reset_by_peer || frame->hd.type == NGHTTP2_RST_STREAM;
                const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
                stream->complete =
                    stream->complete || (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0);
            }
        }
        return 0;
    }

    static int before_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* impl) {
        auto& self = *static_cast<Impl*>(impl);
        if (frame->hd.type == NGHTTP2_HEADERS) {
            if (Stream* const stream = self.stream_of(frame->hd.stream_id)) {
                stream->serialised = true;
            }
        } else if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
            // nghttp2 found something it cannot go on with, and tells the server what.
            self.protocol_broken_ = true;
            self.protocol_problem_ = text_of(frame->goaway.opaque_data, frame->goaway.opaque_data_len);
            if (self.protocol_problem_.empty()) {
                self.protocol_problem_ = nghttp2_http2_strerror(frame->goaway.error_code);
            }
        }
        return 0;
    }

    static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* impl) {
        Stream* const stream =
            frame->hd.stream_id == 0 ? nullptr : static_cast<Impl*>(impl)->stream_of(frame->hd.stream_id);
        if (stream != nullptr && frame->hd.type == NGHTTP2_HEADERS) {
            stream->authorization = {};
        }
        return 0;
    }

    static int on_stream_closed(nghttp2_session*, std::int32_t stream_id, std::uint32_t code, void* impl) {
        auto& self = *static_cast<Impl*>(impl);
        if (Stream* const stream = self.stream_of(stream_id)) {
            if (!stream->ended) {
                self.closed(*stream, stream_id, code);
            }
            self.release(*stream);
        }
        return 0;
    }
};

void Session::Impl::install(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame_received);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, Callbacks::before_frame_sent);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_stream_closed);
}

}  // namespace adapters::http2
