// Reads a request's body: UpdateAutoSignInTokenRequest or DeleteAutoSignInTokenRequest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "worker/core/command/command.hpp"

namespace sim {

struct RequestBody {
    std::string value{};        // existingAutoSignInTokenValue, autoSignInTokenValue
    std::string replacement{};  // newAutoSignInTokenValue
};

// Which of the two calls a path names; none: neither.
[[nodiscard]] std::optional<core::Action> action_of(std::string_view path) noexcept;

// None: not a JSON object with the string fields of the call. Empty strings count as missing; Apple does not
// document that, nor that all fields are required.
[[nodiscard]] std::optional<RequestBody> read_body(
    core::Action action, std::string_view content_type, std::string_view body);

}  // namespace sim
