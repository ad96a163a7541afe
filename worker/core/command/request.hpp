// The HTTP request that carries a command to Apple.
#pragma once

#include <string_view>

#include "common/secret.hpp"
#include "common/strong.hpp"
#include "worker/core/command/command.hpp"

namespace core {

// A configured host of Apple's: its place in Settings::endpoints. A connection pool each.
using EndpointId = common::Strong<struct EndpointIdTag, std::uint32_t>;

// The credential is added outside the core, at the place that the call says.
struct HttpRequest {
    EndpointId endpoint;
    CredentialId credential;
    std::string_view path;          // this and the other views: static storage
    std::string_view content_type;  // empty: there is no body
    common::Secret body;            // with CredentialPlace::client_secret_field: not whole yet
    std::string_view method = "POST";
    CredentialPlace place = CredentialPlace::authorization_header;
};

// `client_id` is that of the credential, where it is a Sign in with Apple client.
[[nodiscard]] HttpRequest request_for(
    const Command& command, EndpointId endpoint, std::string_view client_id = {});

}  // namespace core
