// Every series the worker exports, defined once as data. The exporter, the README's table and the alert rules
// are checked against this list.
//
// Labels come from closed sets, or are bounded by the configuration (credential, endpoint) or the assignment
// (topic, partition): nothing that an event carries is ever a label.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metrics {

enum class Kind : std::uint8_t { counter, gauge, histogram };

enum class Label : std::uint8_t {
    none,
    // Closed sets.
    type,
    outcome,
    achieved_outcome,
    action,
    answer,
    dead_letter_reason,
    owed_reason,
    gate_state,
    gate_reason,
    breaker_state,
    lane_state,
    owed_state,
    wait,
    identity_code,
    kafka_error,
    connection_end,
    // Bounded by the configuration or the assignment.
    api,         // goes together with one of the next two
    credential,  // any
    signer,      // a credential that has keys
    endpoint,
    certificate,  // "kafka_client", or of an endpoint
    topic,
    partition,
    version,
};

[[nodiscard]] std::string_view label_name(Label label) noexcept;
// Every value of a closed set; none when the label is bounded in another way.
[[nodiscard]] std::optional<std::vector<std::string>> closed_values(Label label);

// What can be wrong between us and Kafka, in the words and the order of adapters/kafka.
inline constexpr std::array<std::string_view, 13> kafka_error_kinds{
    "unreachable",
    "authentication",
    "tls",
    "unknown_topic",
    "no_group_right",
    "no_topic_right",
    "no_cluster_right",
    "offset_out_of_range",
    "fenced",
    "poll_exceeded",
    "commit_refused",
    "message_too_large",
    "other"};

inline constexpr std::array<std::string_view, 4> lane_states{"ready", "waiting", "held", "limited"};

// Where an event is that is not executed: with the worker, or in a dead-letter topic.
inline constexpr std::array<std::string_view, 2> owed_states{"received", "dead_lettered"};

// In the order of the catalogue, which is the order of the page.
enum class Metric : std::uint8_t {
    time_to_execute,
    oldest_unexecuted,
    oldest_by_wait,
    events,
    events_settled,
    commands,
    attempts,
    exchange,
    retries,
    free_retries,
    canaries,
    dead_letters,
    dead_letters_open,
    dead_letters_oldest,
    dead_letters_expired,
    dead_letters_watched,
    dead_letters_unwatched,
    dead_letters_without_value,
    heads_given_up,
    exhaustions_withheld,
    rejections_withheld,
    standstills,
    standstill_seconds,
    notifications_verified,
    notifications_refused,
    notifications_remembered,
    key_sets,
    key_set_age,
    sessions_not_asked,
    sessions_remembered,
    receipts,
    store_failures,
    records,
    records_already_finished,
    records_of_old_epochs,
    key_not_subject,
    commits,
    commit_failures,
    offset_maps_cut,
    offset_maps_ignored,
    rebalances,
    gate_state,
    gate_reason,
    gate_closed,
    gate_lanes_waiting,
    breaker_state,
    breaker_open,
    endpoint_streams,
    in_flight,
    in_flight_limit,
    lanes,
    lanes_open,
    records_buffered,
    buffered_bytes,
    stores_in_flight,
    draining,
    partitions_assigned,
    partitions_paused,
    partition_committed_offset,
    partition_unsettled,
    partition_span,
    partition_map_characters,
    partition_lag,
    partitions_held,
    partitions_unread,
    offset_resets,
    source_topic,
    kafka_errors,
    kafka_brokers_up,
    connections,
    connections_opened,
    connections_ended,
    goaways,
    exchanges_waiting,
    sent_bytes,
    received_bytes,
    credential_resign,
    credential_keys,
    credential_key_files_unusable,
    credential_key_place,
    credential_key_read,
    certificate_ends,
    clock_skew,
    loop_turn,
    loop_delay,
    log_lines_dropped,
    build_info,
    process_start,
    process_cpu,
    process_memory,
    process_fds,
    process_fds_limit,
};

struct Definition {
    Metric metric;
    std::string_view name;
    Kind kind;
    std::string_view help;
    std::array<Label, 4> labels{Label::none, Label::none, Label::none, Label::none};
};

inline constexpr std::size_t metrics_count = static_cast<std::size_t>(Metric::process_fds_limit) + 1;
extern const std::array<Definition, metrics_count> catalogue;

[[nodiscard]] const Definition& definition(Metric metric) noexcept;

// The table of the README: series, kind, labels, meaning.
[[nodiscard]] std::string catalogue_markdown();

}  // namespace metrics
