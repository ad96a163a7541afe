// One request on its way through libcurl. For this folder's .cpp files only.
#pragma once

#include <curl/curl.h>

#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/invariant.hpp"
#include "worker/ports/http_transport.hpp"

namespace adapters::http1 {

struct EasyFree {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
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
    explicit Exchange(ports::OutgoingRequest outgoing) : request{std::move(outgoing)} {}

    // Points the handle at this exchange: callbacks, headers, body. The exchange must not move afterwards.
    void begin(CURL* easy, const std::string& base_url);

    // How it ended, from libcurl's code. `deadline`: we ended it.
    [[nodiscard]] core::Exchange ended(CURLcode code) const;
    [[nodiscard]] core::Exchange timed_out() const;

    ports::OutgoingRequest request;
    EasyPtr easy{};  // none: waits for a connection
    HeaderLines lines{};
    std::string url{};
    core::Answer answer{};
    bool sent = false;  // libcurl began to write the request
    bool headers_done = false;

private:
    static int on_request(void* self, char*, char*, int, int) noexcept;
    static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    void header(std::string_view line);
};

using Exchanges = std::list<Exchange>;

}  // namespace adapters::http1
