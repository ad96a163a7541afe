// A client that is not ours, libcurl, for looking at the simulated servers.
#pragma once

#include <curl/curl.h>

#include <filesystem>
#include <string>
#include <vector>

namespace apple_test {

struct Seen {
    CURLcode code = CURLE_OK;
    long status = 0;
    long version = 0;
    std::string headers;
    std::string body;
};

struct Asked {
    std::string url{};
    std::filesystem::path ca_file{};
    long version = CURL_HTTP_VERSION_2TLS;
    std::vector<std::string> headers{};
    const std::string* body = nullptr;  // none: GET
};

// Within five seconds.
[[nodiscard]] Seen ask(const Asked& asked);

}  // namespace apple_test
