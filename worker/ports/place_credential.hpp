// Puts a credential where a call has its place for it.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/secret.hpp"
#include "worker/core/command/request.hpp"

namespace ports {

// Returns the authorization header's value; empty: the credential is in the form now, its last field. Sized
// beforehand: a string that grows would leave pieces of a secret in freed memory.
[[nodiscard]] inline common::Secret place_credential(
    core::HttpRequest& request, const common::Secret& credential) {
    if (request.place != core::CredentialPlace::client_secret_field) {
        return credential;
    }
    constexpr std::string_view name = "&client_secret=";
    std::string whole;
    whole.reserve(request.body.expose().size() + name.size() + credential.expose().size());
    whole += request.body.expose();
    whole += name;
    whole += credential.expose();
    request.body = common::Secret{std::move(whole)};
    return {};
}

}  // namespace ports
