#include "worker/core/command/request.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace core {
namespace {

// How many bytes append_quoted() needs for `text`.
std::size_t quoted_bytes(std::string_view text) noexcept {
    std::size_t bytes = text.size() + 2;
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            bytes += 1;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            bytes += 5;
        }
    }
    return bytes;
}

// As a JSON string (RFC 8259): only what must be escaped is escaped, UTF-8 stays as it is.
void append_quoted(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        } else {
            out += c;
        }
    }
    out += '"';
}

struct Field {
    std::string_view name;
    std::string_view value;
};

// Sized exactly beforehand: a string that grows would leave pieces of the token in freed memory.
template <std::size_t Count>
common::Secret object(const Field (&fields)[Count]) {
    std::size_t bytes = 1 + Count;  // braces and commas
    for (const Field& field : fields) {
        bytes += field.name.size() + 3 + quoted_bytes(field.value);
    }
    std::string body;
    body.reserve(bytes);
    char before = '{';
    for (const Field& field : fields) {
        body += std::exchange(before, ',');
        append_quoted(body, field.name);
        body += ':';
        append_quoted(body, field.value);
    }
    body += '}';
    return common::Secret{std::move(body)};
}

}  // namespace

HttpRequest request_for(const Command& command, AppId app, EndpointId endpoint) {
    const bool update = command.action == Action::update;
    return HttpRequest{
        .endpoint = endpoint,
        .app = app,
        .path = update ? "/account/v1/autoSignIn/update" : "/account/v1/autoSignIn/delete",
        .content_type = "application/json",
        .body = update ? object(
                             {Field{"existingAutoSignInTokenValue", command.value.expose()},
                              Field{"newAutoSignInTokenValue", command.replacement.expose()}})
                       : object({Field{"autoSignInTokenValue", command.value.expose()}}),
    };
}

}  // namespace core
