#include <algorithm>

#include "worker/app/config/config.hpp"

namespace app {

namespace {

// "https://api.example.com:8443" -> "api.example.com:8443", the name in metrics and logs.
std::string host_of(const std::string& base_url) {
    return base_url.substr(base_url.find("//") + 2);
}

// How often the key set may be fetched because of keys that it does not hold. Anybody can make up a key id,
// so this is the bound; Apple documents none.
constexpr double key_fetches_per_second = 1.0 / 60;
constexpr double key_fetches_at_once = 2;

void add_identity(const Config& config, core::Settings& settings) {
    if (config.identity.clients.empty()) {
        return;
    }
    const auto next = [&settings] {
        return core::CredentialId{static_cast<std::uint32_t>(settings.credentials.size())};
    };
    const core::EndpointId endpoint{static_cast<std::uint32_t>(settings.endpoints.size() - 1)};
    for (const ClientConfig& client : config.identity.clients) {
        settings.rules.clients.emplace(client.client_id, next());
        settings.credentials.push_back(
            {.name = client.client_id,
             .kind = core::CredentialKind::client,
             .endpoint = endpoint,
             .requests_per_second = client.requests_per_second,
             .burst = client.burst,
             .client_id = client.client_id});
    }
    settings.rules.keyless = next();
    settings.credentials.push_back(
        {.name = "key_set",
         .kind = core::CredentialKind::keyless,
         .endpoint = endpoint,
         .requests_per_second = key_fetches_per_second,
         .burst = key_fetches_at_once});
    settings.audiences = config.identity.audiences;
    settings.identity_in_flight_max = config.identity.in_flight_max;
    settings.key_set_age_max = config.identity.key_set_age_max;
}

}  // namespace

std::vector<std::string> endpoints(const Config& config) {
    std::vector<std::string> urls;
    for (const AppConfig& app : config.apps) {
        if (std::find(urls.begin(), urls.end(), app.base_url) == urls.end()) {
            urls.push_back(app.base_url);
        }
    }
    // A pool of its own, also at the same address: neither API waits for the other's connections.
    if (!config.identity.clients.empty()) {
        urls.push_back(config.identity.endpoint);
    }
    return urls;
}

core::Settings to_settings(const Config& config) {
    core::Settings settings;
    const std::vector<std::string> urls = endpoints(config);
    for (const std::string& url : urls) {
        settings.endpoints.push_back({host_of(url)});
    }
    for (const AppConfig& app : config.apps) {
        const auto endpoint = std::find(urls.begin(), urls.end(), app.base_url) - urls.begin();
        settings.rules.apps.emplace(
            app.name, core::AppId{static_cast<std::uint32_t>(settings.credentials.size())});
        settings.credentials.push_back(
            {.name = app.name,
             .kind = core::CredentialKind::app,
             .endpoint = core::EndpointId{static_cast<std::uint32_t>(endpoint)},
             .requests_per_second = app.requests_per_second,
             .burst = app.burst});
    }
    add_identity(config, settings);
    settings.rules.type_aliases = config.type_aliases;
    settings.consumer_group = config.kafka.group_id;
    settings.dead_letter_topic = config.dead_letter_topic;
    settings.receipts_topic = config.receipts.enabled ? config.receipts.topic : "";
    settings.time_to_execute = config.time_to_execute;
    settings.in_flight_max = config.apple.in_flight_max;
    settings.records_buffered_max = config.records_buffered_max;
    settings.bytes_buffered_max = config.bytes_buffered_max;
    settings.span_max = config.span_max;
    // What is finished but not yet stored is bounded like what is buffered.
    settings.stores_in_flight_max = config.records_buffered_max;
    settings.request_timeout = config.apple.request_timeout;
    settings.attempts_max = config.apple.attempts_max;
    settings.exhausted_per_minute_max = config.apple.exhausted_per_minute_max;
    settings.rejected_per_minute_max = config.apple.rejected_per_minute_max;
    settings.age_max = config.apple.age_max;
    settings.retry = config.apple.retry;
    settings.breaker = config.apple.breaker;
    settings.commit_interval = config.commit_interval;
    settings.commit_completions = config.commit_completions;
    settings.drain_timeout = config.drain_timeout;
    settings.standstill_after = config.standstill_warn_after;
    return settings;
}

}  // namespace app
