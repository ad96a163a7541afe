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
    config.type_aliases = {{"com.example.closed", core::EventType::deleted}};
    config.time_to_execute.fill(std::chrono::seconds{60});
    return config;
}

}  // namespace explain_test
