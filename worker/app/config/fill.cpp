#include "worker/app/config/fill.hpp"

#include <fmt/format.h>

#include "worker/core/event/event.hpp"

namespace app {

namespace {

std::string resolved(const std::string& path, const std::string& folder) {
    return path.empty() || path.front() == '/' ? path : folder + path;
}

KafkaConfig kafka(const Checked& checked, const std::string& folder) {
    KafkaConfig kafka{
        .bootstrap_servers = checked.text("kafka.bootstrap_servers"),
        .group_id = checked.text("kafka.group_id"),
        .group_instance_id = checked.text("kafka.group_instance_id"),
        .topics = {},
        .auto_offset_reset =
            checked.text("kafka.auto_offset_reset") == "error" ? OffsetReset::error : OffsetReset::earliest,
        .session_timeout = checked.duration("kafka.session_timeout"),
        .properties = {},
    };
    for (std::size_t i = 0; i < checked.items("kafka.topics"); ++i) {
        kafka.topics.push_back(checked.text(fmt::format("kafka.topics[{}]", i)));
    }
    for (auto& [name, value] : checked.entries("kafka.properties")) {
        kafka.properties.emplace(name, name.ends_with(".file") ? resolved(value, folder) : value);
    }
    return kafka;
}

AppleConfig apple(const Checked& checked, const std::string& folder) {
    return {
        .in_flight_max = checked.count("apple.in_flight_max"),
        .request_timeout = checked.duration("apple.request_timeout"),
        .attempts_max = static_cast<int>(checked.count("apple.attempts_max")),
        .exhausted_per_minute_max = static_cast<double>(checked.count("apple.exhausted_per_minute_max")),
        .rejected_per_minute_max = static_cast<double>(checked.count("apple.rejected_per_minute_max")),
        .age_max = checked.duration("apple.age_max"),
        .retry = {checked.duration("apple.retry.base"), checked.duration("apple.retry.longest")},
        .breaker =
            {.failures = static_cast<int>(checked.count("apple.breaker.failures")),
             .window = checked.count("apple.breaker.window"),
             .probe =
                 {checked.duration("apple.breaker.probe_base"),
                  checked.duration("apple.breaker.probe_longest")},
             .canary = checked.get<bool>("apple.canary")},
        .transport = checked.text("apple.transport") == "http1" ? TransportKind::http1 : TransportKind::http2,
        .connections = checked.count("apple.connections"),
        .proxy = checked.text("apple.proxy"),
        .ca_file = resolved(checked.text("apple.ca_file"), folder),
        .production_url = checked.text("apple.endpoints.production"),
        .sandbox_url = checked.text("apple.endpoints.sandbox"),
    };
}

std::vector<KeyConfig> keys_at(const Checked& checked, const std::string& at, const std::string& folder) {
    std::vector<KeyConfig> keys;
    for (std::size_t i = 0; i < checked.items(at + ".keys"); ++i) {
        const std::string key = fmt::format("{}.keys[{}]", at, i);
        keys.push_back({checked.text(key + ".id"), resolved(checked.text(key + ".file"), folder)});
    }
    return keys;
}

AppConfig one_app(
    const Checked& checked, const std::string& at, const AppleConfig& apple, const std::string& folder) {
    AppConfig app{
        .name = checked.text(at + ".name"),
        .bundle_id = checked.text(at + ".bundle_id"),
        .issuer_id = checked.text(at + ".issuer_id"),
        .environment = checked.text(at + ".environment") == "sandbox" ? AppleEnvironment::sandbox
                                                                      : AppleEnvironment::production,
        .keys = keys_at(checked, at, folder),
        .token_lifetime = checked.duration(at + ".token_lifetime"),
        .requests_per_second = checked.get<double>(at + ".requests_per_second"),
        .burst = checked.get<double>(at + ".burst"),
        .base_url = checked.text(at + ".base_url"),
    };
    if (app.base_url.empty()) {
        app.base_url =
            app.environment == AppleEnvironment::sandbox ? apple.sandbox_url : apple.production_url;
    }
    return app;
}

IdentityConfig identity(const Checked& checked, const std::string& folder) {
    IdentityConfig identity{
        .endpoint = checked.text("sign_in_with_apple.endpoint"),
        .in_flight_max = checked.count("sign_in_with_apple.in_flight_max"),
        .key_set_age_max = checked.duration("sign_in_with_apple.key_set_age_max"),
        .audiences = {},
        .clients = {},
    };
    for (std::size_t i = 0; i < checked.items("sign_in_with_apple.audiences"); ++i) {
        identity.audiences.push_back(checked.text(fmt::format("sign_in_with_apple.audiences[{}]", i)));
    }
    for (std::size_t i = 0; i < checked.items("sign_in_with_apple.clients"); ++i) {
        const std::string at = fmt::format("sign_in_with_apple.clients[{}]", i);
        identity.clients.push_back(
            {.client_id = checked.text(at + ".client_id"),
             .team_id = checked.text(at + ".team_id"),
             .keys = keys_at(checked, at, folder),
             .secret_lifetime = checked.duration(at + ".secret_lifetime"),
             .requests_per_second = checked.get<double>(at + ".requests_per_second"),
             .burst = checked.get<double>(at + ".burst")});
    }
    return identity;
}

core::EventType event_type(std::string_view name) {
    for (const core::EventType type : core::event_types) {
        if (core::type_name(type) == name) {
            return type;
        }
    }
    return core::EventType::password_changed;  // the table allows no other names
}

core::Severity severity(std::string_view name) {
    return name == "debug"     ? core::Severity::debug
           : name == "warning" ? core::Severity::warning
           : name == "error"   ? core::Severity::error
                               : core::Severity::info;
}

}  // namespace

Config fill(const Checked& checked, const std::string& folder) {
    Config config;
    config.kafka = kafka(checked, folder);
    config.dead_letter_topic = checked.text("dead_letters.topic");
    config.dead_letters_watched = checked.get<bool>("dead_letters.watch");
    config.receipts = {
        checked.get<bool>("receipts.enabled"), checked.text("receipts.topic"),
        resolved(checked.text("receipts.fingerprint_key_file"), folder)};
    config.apple = apple(checked, folder);
    for (std::size_t i = 0; i < checked.items("apps"); ++i) {
        config.apps.push_back(one_app(checked, fmt::format("apps[{}]", i), config.apple, folder));
    }
    config.identity = identity(checked, folder);
    for (const auto& [alias, name] : checked.entries("events.type_aliases")) {
        config.type_aliases.emplace(alias, event_type(name));
    }
    const auto objective = [&](core::EventType type, const char* path) {
        config.time_to_execute[static_cast<std::size_t>(type)] = checked.duration(path);
    };
    objective(core::EventType::password_changed, "events.time_to_execute.password_changed");
    objective(core::EventType::opted_out, "events.time_to_execute.opted_out");
    objective(core::EventType::sign_in_flagged, "events.time_to_execute.sign_in_flagged");
    objective(core::EventType::deleted, "events.time_to_execute.deleted");
    objective(core::EventType::session_ended, "events.time_to_execute.session_ended");
    objective(core::EventType::session_check, "events.time_to_execute.session_check");
    objective(core::EventType::notification, "events.time_to_execute.notification");
    config.records_buffered_max = checked.count("limits.records_buffered_max");
    config.bytes_buffered_max = checked.count("limits.bytes_buffered_max");
    config.span_max = checked.count("limits.span_max");
    config.commit_interval = checked.duration("commit.interval");
    config.commit_completions = checked.count("commit.completions");
    config.drain_timeout = checked.duration("drain_timeout");
    config.standstill_warn_after = checked.duration("standstill.warn_after");
    config.standstill_fail_after = checked.duration("standstill.fail_after");
    config.admin_address = checked.text("admin.address");
    config.admin_port = static_cast<std::uint16_t>(checked.count("admin.port"));
    config.log_level = severity(checked.text("log.level"));
    const std::string format = checked.text("log.format");
    config.log_format = format == "json"   ? LogFormat::json
                        : format == "text" ? LogFormat::text
                                           : LogFormat::automatic;
    return config;
}

}  // namespace app
