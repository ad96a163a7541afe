// The other end of a Session, in memory: an nghttp2 server session that does what the test says.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "worker/adapters/http2/session.hpp"

namespace http2_test {

using Fields = std::vector<std::pair<std::string, std::string>>;

class MemoryServer {
public:
    struct Request {
        std::int32_t stream = 0;
        std::map<std::string, std::string> fields;
        std::string body;
        bool whole = false;
        bool cancelled = false;
    };

    // No limit is announced when `streams_max` is negative.
    explicit MemoryServer(std::int64_t streams_max = -1);
    MemoryServer(const MemoryServer&) = delete;
    MemoryServer& operator=(const MemoryServer&) = delete;
    ~MemoryServer();

    // In the order of arrival.
    [[nodiscard]] const Request& request(std::size_t at) const { return requests_.at(order_.at(at)); }
    [[nodiscard]] std::size_t requests() const { return order_.size(); }

    void answer(std::size_t at, const std::string& status, Fields fields = {}, std::string body = {});
    void interim(std::size_t at);                                             // 103
    void begin(std::size_t at, const std::string& status, std::string body);  // without an end
    void trailers(std::size_t at, Fields fields);
    void reset(std::size_t at, std::uint32_t code);
    void go_away(std::int32_t last_stream);
    void allow(std::uint32_t streams_max);

    // Carries bytes both ways until nobody has anything to say. False: the client found the connection
    // unusable.
    bool talk(adapters::http2::Session& client);

private:
    void submit(std::size_t at, const std::string& status, Fields fields, std::string body, bool open_end);

    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Request> requests_;
    std::vector<std::int32_t> order_;
    struct Body {
        std::string text;
        bool open_end = false;
    };
    std::map<std::int32_t, Body> bodies_;
};

}  // namespace http2_test
