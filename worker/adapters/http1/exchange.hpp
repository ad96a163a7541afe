// One request on its way through libcurl. For this folder's .cpp files only.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "worker/adapters/http1/connections.hpp"
#include "worker/ports/http_transport.hpp"

// libcurl's own declarations, so that its header stays in .cpp files.
typedef void CURL;  // NOLINT(modernize-use-using)
struct curl_slist;
struct curl_sockaddr;

namespace adapters::http1 {

struct EasyFree {
    void operator()(CURL* easy) const noexcept;
};
using EasyPtr = std::unique_ptr<CURL, EasyFree>;

// The request's header lines; wiped when they go, because one of them is the credential.
class HeaderLines {
public:
    HeaderLines() = default;
    HeaderLines(const HeaderLines&) = delete;
    HeaderLines& operator=(const HeaderLines&) = delete;
    ~HeaderLines();

    void add(std::string line);  // wipes its argument
    [[nodiscard]] curl_slist* get() const noexcept { return lines_; }

private:
    curl_slist* lines_ = nullptr;
};

struct Exchange {
    Exchange(ports::OutgoingRequest outgoing, Connections& its_connections)
        : request{std::move(outgoing)}, connections{its_connections} {}

    // Points the handle at this exchange: callbacks, headers, body. The exchange must not move afterwards.
    void begin(CURL* easy, const std::string& base_url);
    // Takes the handle back, without a pointer into this exchange.
    [[nodiscard]] EasyPtr end();

    // How it ended, from libcurl's code (CURLcode).
    [[nodiscard]] core::Exchange ended(int code) const;
    // We ended it, at its deadline.
    [[nodiscard]] core::Exchange timed_out() const;

    ports::OutgoingRequest request;
    Connections& connections;
    EasyPtr easy{};  // none: waits for a connection
    HeaderLines lines{};
    std::string url{};
    core::Answer answer{};
    bool sent = false;          // libcurl began to write the request
    bool inside_head = false;   // between a status line and the empty line
    bool headers_done = false;  // of the final answer
    std::uint64_t bytes_received = 0;
    std::size_t head_bytes = 0;       // of interim answers, head and trailers together
    std::array<char, 256> problem{};  // libcurl's words about it; no secret is in them

private:
    static int on_open_socket(void* self, int purpose, curl_sockaddr* address) noexcept;
    static int on_request(void* self, char*, char*, int, int) noexcept;
    static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    void header(std::string_view line);
};

using Exchanges = std::list<Exchange>;

}  // namespace adapters::http1
