// Everything the engine must be told before it starts. Plain data; app/ fills it from the configuration.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"
#include "worker/core/command/api.hpp"
#include "worker/core/command/request.hpp"
#include "worker/core/event/decode.hpp"
#include "worker/core/identity/key_set.hpp"
#include "worker/core/outcome/backoff.hpp"
#include "worker/core/schedule/breaker.hpp"

namespace core {

// A credential at one of Apple's APIs: what is refused, throttled and limited together.
struct CredentialSettings {
    std::string name;  // for metrics, logs and receipts; an app's name for its own
    CredentialKind kind = CredentialKind::app;
    EndpointId endpoint;
    double requests_per_second = 0;  // 0: no limit of ours
    double burst = 1;
    std::string client_id{};  // CredentialKind::client
};

struct EndpointSettings {
    std::string name;  // host, for metrics and logs
};

struct Settings {
    // By CredentialId. First those of the apps in the order of AppId, then the others.
    std::vector<CredentialSettings> credentials;
    std::vector<EndpointSettings> endpoints;
    DecodeRules rules;

    std::string consumer_group;
    std::string worker_version;
    std::string dead_letter_topic = "{topic}.dead-letters";
    std::string receipts_topic;  // empty: no receipts

    // By EventType: event time + this is the deadline by which lanes are ordered.
    std::array<common::Duration, event_types.size()> time_to_execute{};

    // Of the Automatic Sign-In API, and of Sign in with Apple: neither takes the other's places.
    std::size_t in_flight_max = 1000;
    std::size_t identity_in_flight_max = 100;
    std::size_t records_buffered_max = 12'000;
    std::size_t bytes_buffered_max = 64U << 20U;
    std::size_t span_max = 20'000;  // unsettled offsets of a partition
    std::size_t stores_in_flight_max = 12'000;

    common::Duration request_timeout = std::chrono::seconds{10};
    int attempts_max = 10;
    common::Duration age_max{};  // 0: attempts alone decide
    // By channel and process, after the first ten; what is beyond goes on being retried. 0: no limit.
    double exhausted_per_minute_max = 6;
    // The same for rejections, after rejected_at_once_max of them.
    double rejected_per_minute_max = 60;
    int rejected_at_once_max = 100;
    Backoff retry{std::chrono::milliseconds{200}, std::chrono::seconds{60}};
    Backoff refused{
        std::chrono::seconds{1}, std::chrono::seconds{30}};  // probes while a credential is refused
    Backoff throttled{std::chrono::seconds{1}, std::chrono::seconds{60}};  // a 429 without usable Retry-After
    Backoff store_retry{std::chrono::milliseconds{500}, std::chrono::seconds{10}};
    BreakerSettings breaker;
    // Of different accounts without one success, or five times as many commands: ask the canary first.
    int rejections_in_a_row_max = 10;

    // A session is asked about once in this time: Apple says "once a day".
    common::Duration session_check_interval = std::chrono::hours{24};
    std::size_t sessions_remembered_max = 100'000;
    // How long a key set is good for. Not documented; what names a key that it does not hold fetches it anew
    // at any age.
    common::Duration key_set_age_max = std::chrono::hours{24};
    // Whom Apple's notifications may be addressed to, beside the clients.
    std::vector<std::string> audiences{};
    // Ids of Apple's notifications, to tell one that comes again in another event.
    std::size_t notifications_remembered_max = 10'000;

    common::Duration commit_interval = std::chrono::milliseconds{100};
    std::size_t commit_completions = 1000;
    common::Duration drain_timeout = std::chrono::seconds{20};
    // Longer than any one wait for Apple or Kafka.
    common::Duration standstill_after = std::chrono::minutes{2};

    // Keyed and one-way; the same text gives the same fingerprint. Must not keep or log its argument.
    std::function<std::string(std::string_view)> fingerprint;
    // Checks RSA signatures. Without it no notification is believed.
    Rs256Check rs256;
    std::uint64_t seed = 0;  // for jitter and canary values
    // A debug line an outcome and a failed attempt: costs time, so only when somebody reads it.
    bool say_outcomes = false;
};

}  // namespace core
