// A base URL of the configuration: https only, host, optional port, optional path. Strict on purpose: what is
// not understood completely is refused at start instead of being called.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace adapters::http2 {

struct Url {
    std::string host;      // lower case; an IPv6 literal without its brackets
    bool literal = false;  // an IP address: no DNS, no SNI, certificates are checked by address
    std::uint16_t port = 443;
    std::string path_prefix;  // "" or "/some/path", never ending in a slash

    // As :authority and Host want it: brackets around IPv6, the port only when it is not 443.
    [[nodiscard]] std::string authority() const;
};

// Error: names what is wrong and what was expected. User names, queries and fragments are refused: they have
// no place in a base URL and tend to be secrets.
[[nodiscard]] common::Result<Url> parse_url(std::string_view text);

}  // namespace adapters::http2
