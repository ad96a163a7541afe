// The HTTP request that carries a command to Apple (Automatic Sign-In API 1.0).
#pragma once

#include <string_view>

#include "common/secret.hpp"
#include "common/strong.hpp"
#include "worker/core/command/command.hpp"

namespace core {

// A configured host of Apple's: its place in Settings::endpoints. A breaker and a connection pool each.
using EndpointId = common::Strong<struct EndpointIdTag, std::uint32_t>;

// POST, always. The authorization header is added outside the core, from the credential of `app`.
struct HttpRequest {
    EndpointId endpoint;
    AppId app;
    std::string_view path;          // static storage
    std::string_view content_type;  // static storage
    common::Secret body;
};

[[nodiscard]] HttpRequest request_for(const Command& command, AppId app, EndpointId endpoint);

}  // namespace core
