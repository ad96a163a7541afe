#include "worker/adapters/http2/url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace adapters::http2 {

namespace {

constexpr std::string_view scheme = "https://";

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_address(const std::string& host, int family) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    // C's functions end at the first NUL, wherever the text ends.
    return host.find('\0') == std::string::npos && inet_pton(family, host.c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-' ||
        host.back() == '-') {
        return false;
    }
    return std::all_of(
               host.begin(), host.end(),
               [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_'; }) &&
           host.find("..") == std::string_view::npos;
}

bool is_path(std::string_view path) {
    return std::all_of(path.begin(), path.end(), [](char c) {
        return is_letter_or_digit(lower(c)) || std::string_view{"/-._~%"}.find(c) != std::string_view::npos;
    });
}

common::Error refused(std::string_view problem) {
    return {fmt::format("{}; expected https://host[:port][/path]", problem)};
}

}  // namespace

std::string Url::authority() const {
    std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != 443) {
        text += ':' + std::to_string(port);
    }
    return text;
}

common::Result<Url> parse_url(std::string_view text) {
    if (text.substr(0, scheme.size()) != scheme) {
        return refused("the base URL does not start with https://");
    }
    text.remove_prefix(scheme.size());
    if (text.find_first_of("@?#") != std::string_view::npos) {
        return refused("the base URL has a user name, a query or a fragment");
    }
    Url url;
    const std::size_t slash = std::min(text.find('/'), text.size());
    std::string_view path = text.substr(slash);
    std::string_view authority = text.substr(0, slash);
    if (!is_path(path)) {
        return refused("the base URL's path has characters that need escaping");
    }
    while (!path.empty() && path.back() == '/') {
        path.remove_suffix(1);
    }
    url.path_prefix = path;

    const bool bracketed = !authority.empty() && authority.front() == '[';
    const std::size_t host_end = bracketed ? std::min(authority.find(']'), authority.size())
                                           : std::min(authority.find(':'), authority.size());
    url.host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
    std::transform(url.host.begin(), url.host.end(), url.host.begin(), lower);
    url.literal = is_address(url.host, bracketed ? AF_INET6 : AF_INET);
    if (bracketed ? !url.literal || host_end == authority.size() : !url.literal && !is_host_name(url.host)) {
        return refused("the base URL's host is neither a host name nor an IP address");
    }
    std::string_view port = authority.substr(std::min(host_end + (bracketed ? 1U : 0U), authority.size()));
    if (!port.empty()) {
        unsigned number = 0;
        port.remove_prefix(1);
        const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool colon = *(port.data() - 1) == ':';
        if (!colon || problem != std::errc{} || end != port.data() + port.size() || number == 0 ||
            number > 65535) {
            return refused("the base URL's port is not a number from 1 to 65535");
        }
        url.port = static_cast<std::uint16_t>(number);
    }
    return url;
}

}  // namespace adapters::http2
