#include "tests/unit/http2/memory_server.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace http2_test {

namespace {

std::vector<nghttp2_nv> to_nv(Fields& fields) {
    std::vector<nghttp2_nv> all;
    for (auto& [name, value] : fields) {
        all.push_back(
            {reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
             name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return all;
}

std::string text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

MemoryServer::MemoryServer(std::int64_t streams_max) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
            auto& server = *static_cast<MemoryServer*>(self);
            server.requests_[frame->hd.stream_id].stream = frame->hd.stream_id;
            server.order_.push_back(frame->hd.stream_id);
            return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks,
        [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
           const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
            auto& server = *static_cast<MemoryServer*>(self);
            server.requests_[frame->hd.stream_id].fields[text(name, name_size)] = text(value, value_size);
            return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                      std::size_t size, void* self) {
            static_cast<MemoryServer*>(self)->requests_[stream].body += text(bytes, size);
            return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
            auto& server = *static_cast<MemoryServer*>(self);
            if (frame->hd.stream_id != 0) {
                Request& request = server.requests_[frame->hd.stream_id];
                request.whole = request.whole || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
                request.cancelled = request.cancelled || frame->hd.type == NGHTTP2_RST_STREAM;
            }
            return 0;
        });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry limit{
        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
        static_cast<std::uint32_t>(std::max<std::int64_t>(streams_max, 0))};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &limit, streams_max < 0 ? 0 : 1);
}

MemoryServer::~MemoryServer() {
    nghttp2_session_del(session_);
}

void MemoryServer::submit(
    std::size_t at, const std::string& status, Fields fields, std::string body, bool open_end) {
    const std::int32_t stream = order_.at(at);
    fields.insert(fields.begin(), {":status", status});
    const auto all = to_nv(fields);
    bodies_[stream] = {std::move(body), open_end};
    nghttp2_data_provider provider{};
    provider.source.ptr = &bodies_[stream];
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
        auto& left = *static_cast<Body*>(source->ptr);
        if (left.text.empty() && left.open_end) {
            return NGHTTP2_ERR_DEFERRED;
        }
        const std::size_t size = std::min(room, left.text.size());
        std::memcpy(into, left.text.data(), size);
        left.text.erase(0, size);
        if (left.text.empty() && !left.open_end) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        }
        return static_cast<ssize_t>(size);
    };
    const bool with_body = open_end || !bodies_[stream].text.empty();
    nghttp2_submit_response(session_, stream, all.data(), all.size(), with_body ? &provider : nullptr);
}

void MemoryServer::answer(std::size_t at, const std::string& status, Fields fields, std::string body) {
    submit(at, status, std::move(fields), std::move(body), false);
}

void MemoryServer::begin(std::size_t at, const std::string& status, std::string body) {
    submit(at, status, {}, std::move(body), true);
}

void MemoryServer::interim(std::size_t at) {
    Fields fields{{":status", "103"}, {"retry-after", "7"}};
    const auto all = to_nv(fields);
    nghttp2_submit_headers(
        session_, NGHTTP2_FLAG_NONE, order_.at(at), nullptr, all.data(), all.size(), nullptr);
}

void MemoryServer::trailers(std::size_t at, Fields fields) {
    const auto all = to_nv(fields);
    nghttp2_submit_headers(
        session_, NGHTTP2_FLAG_END_STREAM, order_.at(at), nullptr, all.data(), all.size(), nullptr);
}

void MemoryServer::reset(std::size_t at, std::uint32_t code) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, order_.at(at), code);
}

void MemoryServer::go_away(std::int32_t last_stream) {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream, NGHTTP2_NO_ERROR, nullptr, 0);
}

void MemoryServer::allow(std::uint32_t streams_max) {
    const nghttp2_settings_entry limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &limit, 1);
}

bool MemoryServer::talk(adapters::http2::Session& client) {
    bool usable = true;
    bool quiet = false;
    while (!quiet && usable) {
        std::vector<std::uint8_t> bytes;
        usable = client.produce(bytes, 1U << 20U);
        nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
        quiet = bytes.empty();
        const std::uint8_t* frame = nullptr;
        ssize_t size = 0;
        while (usable && (size = nghttp2_session_mem_send(session_, &frame)) > 0) {
            quiet = false;
            usable = client.consume(frame, static_cast<std::size_t>(size));
        }
    }
    return usable;
}

}  // namespace http2_test
