#include "worker/core/command/request.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "common/json_string.hpp"

namespace core {
namespace {

struct Field {
    std::string_view name;
    std::string_view value;
};

// Sized beforehand: a string that grows would leave pieces of the token in freed memory.
template <std::size_t Count>
common::Secret object(const Field (&fields)[Count]) {
    std::size_t bytes = 1 + Count;  // braces and commas
    for (const Field& field : fields) {
        bytes += common::json_string_room(field.name) + 1 + common::json_string_room(field.value);
    }
    std::string body;
    body.reserve(bytes);
    char before = '{';
    for (const Field& field : fields) {
        body += std::exchange(before, ',');
        common::append_json_string(body, field.name);
        body += ':';
        common::append_json_string(body, field.value);
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
