// The rig with a second API: a Sign in with Apple client, and the keyless credential for Apple's key set.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "../identity/support.hpp"
#include "rig.hpp"

namespace rig {

inline core::Settings with_identity() {
    core::Settings with = settings();
    with.credentials.push_back(
        {.name = "com.example.tv",
         .kind = core::CredentialKind::client,
         .endpoint = core::EndpointId{1},
         .client_id = "com.example.tv"});
    with.credentials.push_back(
        {.name = "key_set",
         .kind = core::CredentialKind::keyless,
         .endpoint = core::EndpointId{1},
         .requests_per_second = 1.0 / 60,
         .burst = 2});
    with.endpoints.push_back({.name = "identity"});
    with.rules.clients = {{"com.example.tv", core::CredentialId{1}}};
    with.rules.keyless = core::CredentialId{2};
    with.time_to_execute.fill(15min);
    with.fingerprint = [](std::string_view value) { return fmt::format("fp:{}", value); };
    with.rs256 = testing::signed_by;
    return with;
}

inline std::string event_text(
    int id, std::string_view type, std::string_view account, const std::string& data,
    std::string_view time = "2026-01-02T03:04:05Z") {
    return fmt::format(
        R"({{"specversion":"1.0","id":"e-{}","source":"/accounts","type":"{}","subject":"{}","time":"{}",)"
        R"("data":{{"app":"tv",{}}}}})",
        id, type, account, time, data);
}

inline std::string sessions(std::string_view token, std::string_view member = "refresh_token") {
    return fmt::format(R"("sign_in_with_apple":[{{"client_id":"com.example.tv","{}":"{}"}}])", member, token);
}

inline core::Answer json(int status, std::string body) {
    return {.status = status, .content_type = "application/json;charset=UTF-8", .body = std::move(body)};
}
inline core::Answer refusal(std::string_view error) {
    return json(400, fmt::format(R"({{"error":"{}"}})", error));
}
inline core::Answer token_response() {
    return json(200, R"({"access_token":"a","token_type":"Bearer","expires_in":3600,"id_token":"x"})");
}

// What the dead letters say of themselves.
inline std::string header(const core::Store& store, std::string_view name) {
    for (const core::Header& one : store.record.headers) {
        if (one.name == name) {
            return one.value.value_or("");
        }
    }
    return "";
}

}  // namespace rig
