#include "worker/core/command/request.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "common/form.hpp"
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

// TN3107 names a form that is not percent-encoded as a cause of invalid_client.
template <std::size_t Count>
common::Secret form(const Field (&fields)[Count]) {
    std::size_t bytes = 0;
    for (const Field& field : fields) {
        bytes += common::form_field_room(field.name, field.value);
    }
    std::string body;
    body.reserve(bytes);
    for (const Field& field : fields) {
        common::append_form_field(body, field.name, field.value);
    }
    return common::Secret{std::move(body)};
}

std::string_view hint_of(SessionToken kind) noexcept {
    return kind == SessionToken::access ? "access_token" : "refresh_token";
}

common::Secret body_of(const Command& command, std::string_view client_id) {
    const std::string_view value = command.value.expose();
    switch (command.action) {
        case Action::update:
            return object(
                {Field{"existingAutoSignInTokenValue", value},
                 Field{"newAutoSignInTokenValue", command.replacement.expose()}});
        case Action::erase:
            return object({Field{"autoSignInTokenValue", value}});
        case Action::revoke:
            return form(
                {Field{"client_id", client_id}, Field{"token", value},
                 Field{"token_type_hint", hint_of(command.session_token)}});
        case Action::check:
            return form(
                {Field{"client_id", client_id}, Field{"grant_type", "refresh_token"},
                 Field{"refresh_token", value}});
        case Action::key_set:
            break;
    }
    return {};
}

}  // namespace

HttpRequest request_for(const Command& command, EndpointId endpoint, std::string_view client_id) {
    const Call& call = call_of(command.action);
    return HttpRequest{
        .endpoint = endpoint,
        .credential = command.credential,
        .path = call.path,
        .content_type = call.content_type,
        .body = body_of(command, client_id),
        .method = call.method,
        .place = call.credential,
    };
}

}  // namespace core
