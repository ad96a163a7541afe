#include "worker/core/identity/token_response.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "worker/core/event/text.hpp"
#include "worker/core/identity/json_object.hpp"

namespace core {
namespace {

using nlohmann::json;

constexpr std::size_t token_value_bytes_max = 16'384;
constexpr std::size_t description_bytes_max = 500;

constexpr std::array<std::string_view, 7> names{
    "invalid_request",        "invalid_client", "invalid_grant", "unauthorized_client",
    "unsupported_grant_type", "invalid_scope",  "unknown"};

common::Result<json> object_of(std::string_view body) {
    auto object = body.size() <= token_answer_bytes_max ? json_object(body) : std::nullopt;
    if (!object) {
        return common::Error{fmt::format(
            "the answer is not a JSON object of at most {} bytes, each name once", token_answer_bytes_max)};
    }
    return *std::move(object);
}

std::optional<common::Secret> secret(MemberReader& member, const char* name) {
    auto text = member.text(name, token_value_bytes_max);
    return text ? std::optional{common::Secret{*std::move(text)}} : std::nullopt;
}

IdentityError error_of(std::string_view name) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(IdentityError::unknown); ++at) {
        if (names[at] == name) {
            return static_cast<IdentityError>(at);
        }
    }
    return IdentityError::unknown;
}

}  // namespace

common::Result<TokenResponse> read_token_response(std::string_view body) {
    const auto object = object_of(body);
    if (!object) {
        return object.error();
    }
    MemberReader member{*object};
    TokenResponse response;
    if (!same_ignoring_case(member.required_text("token_type"), "bearer")) {
        member.complain("token_type is not bearer");
    }
    member.require("access_token");
    response.access_token = secret(member, "access_token").value_or(common::Secret{});
    response.refresh_token = secret(member, "refresh_token");
    response.id_token = secret(member, "id_token");
    if (const auto lifetime = member.number("expires_in")) {
        constexpr std::int64_t longest = 1'000'000'000;
        if (*lifetime < 0 || *lifetime > longest) {
            member.complain("expires_in is not a number of seconds");
        }
        response.expires_in = std::chrono::seconds{*lifetime};
    }
    if (member.complaint()) {
        return common::Error{"in the answer, " + *member.complaint()};
    }
    return response;
}

std::string_view identity_error_name(IdentityError error) noexcept {
    return names.at(static_cast<std::size_t>(error));
}

common::Result<ErrorResponse> read_error_response(std::string_view body) {
    const auto object = object_of(body);
    if (!object) {
        return object.error();
    }
    MemberReader member{*object};
    ErrorResponse response;
    response.name = member.required_text("error");
    response.error = error_of(response.name);
    if (member.complaint()) {
        return common::Error{"in the answer, " + *member.complaint()};
    }
    // What is not documented spoils nothing.
    const auto description = object->find("error_description");
    if (description != object->end() && description->is_string()) {
        response.description = description->get<std::string>();
        response.description.resize(std::min(response.description.size(), description_bytes_max));
    }
    return response;
}

}  // namespace core
