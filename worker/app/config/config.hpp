// The configuration as the program uses it: plain, complete, checked. Made by load(); see the reference for
// the meaning of each key.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "worker/core/engine/effect.hpp"
#include "worker/core/engine/settings.hpp"

namespace app {

enum class OffsetReset : unsigned char { earliest, error };
enum class AppleEnvironment : unsigned char { production, sandbox };
enum class TransportKind : unsigned char { http2, http1 };
enum class LogFormat : unsigned char { automatic, json, text };

struct KafkaConfig {
    std::string bootstrap_servers;
    std::string group_id;
    std::string group_instance_id;  // {hostname} not yet filled in; empty: dynamic membership
    std::vector<std::string> topics;
    OffsetReset auto_offset_reset = OffsetReset::earliest;
    common::Duration session_timeout{};
    std::map<std::string, std::string> properties;  // "NAME.file": the path of its value
};

struct ReceiptsConfig {
    bool enabled = true;
    std::string topic;
    std::string fingerprint_key_file;  // empty: a random key a run
};

struct AppleConfig {
    std::size_t in_flight_max = 0;
    common::Duration request_timeout{};
    int attempts_max = 0;
    double exhausted_per_minute_max = 0;
    double rejected_per_minute_max = 0;
    common::Duration age_max{};
    core::Backoff retry;
    core::BreakerSettings breaker;  // with the canary
    TransportKind transport = TransportKind::http2;
    std::size_t connections = 0;  // 0: as the transport likes
    std::string proxy;
    std::string ca_file;  // empty: the system's
    std::string production_url;
    std::string sandbox_url;
};

struct KeyConfig {
    std::string id;
    std::string file;
};

struct AppConfig {
    std::string name;
    std::string bundle_id;
    std::string issuer_id;
    AppleEnvironment environment = AppleEnvironment::production;
    std::vector<KeyConfig> keys;
    common::Duration token_lifetime{};
    double requests_per_second = 0;
    double burst = 1;
    std::string base_url;  // resolved: its own, or the environment's
};

struct ClientConfig {
    std::string client_id;
    std::string team_id;
    std::vector<KeyConfig> keys;
    common::Duration secret_lifetime{};
    double requests_per_second = 0;
    double burst = 1;
};

// Sign in with Apple; without clients nothing of it is used.
struct IdentityConfig {
    std::string endpoint;
    std::size_t in_flight_max = 0;
    common::Duration key_set_age_max{};
    std::vector<std::string> audiences;  // of notifications, beside the clients
    std::vector<ClientConfig> clients;
};

struct Config {
    KafkaConfig kafka;
    std::string dead_letter_topic;
    bool dead_letters_watched = true;
    ReceiptsConfig receipts;
    AppleConfig apple;
    std::vector<AppConfig> apps;
    IdentityConfig identity;
    std::map<std::string, core::EventType, std::less<>> type_aliases;
    std::array<common::Duration, core::event_types.size()> time_to_execute{};
    std::size_t records_buffered_max = 0;
    std::size_t bytes_buffered_max = 0;
    std::size_t span_max = 0;
    common::Duration commit_interval{};
    std::size_t commit_completions = 0;
    common::Duration drain_timeout{};
    common::Duration standstill_warn_after{};
    common::Duration standstill_fail_after{};
    std::string admin_address;
    std::uint16_t admin_port = 0;
    core::Severity log_level = core::Severity::info;
    LogFormat log_format = LogFormat::automatic;
};

// The distinct base URLs of the apps, in the order of their first use, then that of Sign in with Apple:
// EndpointId is the place in here.
[[nodiscard]] std::vector<std::string> endpoints(const Config& config);

// Everything but fingerprint, seed and worker_version.
[[nodiscard]] core::Settings to_settings(const Config& config);

}  // namespace app
