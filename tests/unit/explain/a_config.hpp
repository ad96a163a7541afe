// A configuration that knows the app of the examples.
#pragma once

#include "worker/app/config/config.hpp"

namespace explain_test {

inline app::Config a_config() {
    app::Config config;
    app::AppConfig& app = config.apps.emplace_back();
    app.name = "streaming";
    app.bundle_id = "com.example.tv";
    app.keys = {{"2X9R4HXF34", "new.p8"}};
    app.base_url = "https://api.storekit.itunes.apple.com";
    config.identity.endpoint = "https://appleid.apple.com";
    for (const char* client : {"com.example.tv", "com.example.web"}) {
        config.identity.clients.push_back(
            {.client_id = client, .team_id = "A1B2C3D4E5", .keys = {{"9Z8Y7X6W5V", "client.p8"}}});
    }
    config.type_aliases = {{"com.example.closed", core::EventType::deleted}};
    config.time_to_execute.fill(std::chrono::seconds{60});
    return config;
}

}  // namespace explain_test
