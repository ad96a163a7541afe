#include <algorithm>

#include "worker/app/config/config.hpp"

namespace app {

namespace {

// "https://api.example.com:8443" -> "api.example.com:8443", the name in metrics and logs.
std::string host_of(const std::string& base_url) {
    return base_url.substr(base_url.find("//") + 2);
}

}  // namespace

std::vector<std::string> endpoints(const Config& config) {
    std::vector<std::string> urls;
    for (const AppConfig& app : config.apps) {
        if (std::find(urls.begin(), urls.end(), app.base_url) == urls.end()) {
            urls.push_back(app.base_url);
        }
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
        settings.rules.apps.emplace(app.name, core::AppId{static_cast<std::uint32_t>(settings.apps.size())});
        settings.apps.push_back(
            {app.name, core::EndpointId{static_cast<std::uint32_t>(endpoint)}, app.requests_per_second,
             app.burst});
    }
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
