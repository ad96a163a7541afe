#include "worker/adapters/metrics/catalogue.hpp"

namespace metrics {

constexpr std::array<Definition, metrics_count> definitions{{
    {Metric::time_to_execute,
     "autosignin_time_to_execute_seconds",
     Kind::histogram,
     "From the event's time until its last command ended, by the best achieved; without dead letters, their "
     "replays and nothing to do. The objective is set on it.",
     {Label::type, Label::achieved_outcome}},
    {Metric::oldest_unexecuted,
     "autosignin_oldest_unexecuted_seconds",
     Kind::gauge,
     "Age of the oldest event not executed, checks of sessions aside: received, or dead-lettered and owed "
     "(absent while that is not known). 0: none.",
     {Label::owed_state}},
    {Metric::oldest_by_wait,
     "autosignin_oldest_waiting_seconds",
     Kind::gauge,
     "Age of the oldest event received and not executed, by what it waits for: its turn, Apple's answer, a "
     "retry, a closed gate or breaker, its dead letter. 0: none.",
     {Label::wait}},
    {Metric::events,
     "autosignin_events_total",
     Kind::counter,
     "Records that were decoded to an event, by type.",
     {Label::type}},
    {Metric::events_settled,
     "autosignin_events_settled_total",
     Kind::counter,
     "Events for which nothing is left to do; each counts once, replays do not: dead-lettered if any command "
     "is, else by the best that was achieved.",
     {Label::type, Label::outcome}},
    {Metric::commands,
     "autosignin_commands_total",
     Kind::counter,
     "Commands that ended, by outcome.",
     {Label::action, Label::outcome}},
    {Metric::attempts,
     "autosignin_attempts_total",
     Kind::counter,
     "Requests to Apple that ended, by the class of the answer or the reason why there was none.",
     {Label::answer}},
    {Metric::exchange, "autosignin_exchange_seconds", Kind::histogram,
     "From sending a request to the end of its exchange, answered or not."},
    {Metric::retries, "autosignin_retries_total", Kind::counter,
     "Attempts that failed, counted against the limit of their command, and are repeated later."},
    {Metric::free_retries, "autosignin_free_retries_total", Kind::counter,
     "Attempts repeated at no cost to their command: not sent, or the failure was not its own."},
    {Metric::canaries, "autosignin_canaries_total", Kind::counter,
     "Harmless calls (a Delete of a fresh random value) made to tell an outage from a poisonous record."},
    {Metric::dead_letters,
     "autosignin_dead_letters_total",
     Kind::counter,
     "Records that the broker acknowledged in a dead-letter topic. Above zero, someone has to look.",
     {Label::dead_letter_reason}},
    {Metric::dead_letters_open,
     "autosignin_dead_letters_open",
     Kind::gauge,
     "Dead letters still owed, replays not executed yet too; all workers together tell all. Unknown: of a "
     "newer version or damaged. Absent: not known.",
     {Label::owed_reason}},
    {Metric::dead_letters_oldest, "autosignin_dead_letters_oldest_seconds", Kind::gauge,
     "Age of the oldest open dead letter, from the event's time, or its record's if the event is invalid; "
     "0: none. Absent while it is not known."},
    {Metric::dead_letters_expired, "autosignin_dead_letters_expired_total", Kind::counter,
     "Dead letters that retention took while they were open: what they asked for was not done, and nobody "
     "will see them again."},
    {Metric::dead_letters_watched, "autosignin_dead_letters_watched", Kind::gauge,
     "Partitions whose open dead letters this worker counts, and no other. 0 on every worker: nobody can "
     "look; the log says why (dead_letters_unwatched)."},
    {Metric::dead_letters_unwatched, "autosignin_dead_letters_unwatched", Kind::gauge,
     "Partitions that this worker should watch and cannot: their open dead letters are in no sum. For "
     "seconds "
     "after a rebalance; else the log says why."},
    {Metric::dead_letters_without_value, "autosignin_dead_letters_without_value_total", Kind::counter,
     "Dead letters stored without their value because the broker takes none of that size. Raise its limit."},
    {Metric::heads_given_up, "autosignin_heads_given_up_total", Kind::counter,
     "Records dead-lettered because they alone held up a full window of finished ones."},
    {Metric::exhaustions_withheld, "autosignin_exhaustions_withheld_total", Kind::counter,
     "Times that a command had used up its attempts and was retried all the same, because too many had: a "
     "part "
     "of the API is down."},
    {Metric::rejections_withheld, "autosignin_rejections_withheld_total", Kind::counter,
     "Times that a rejected command was retried instead of dead-lettered, because too many were rejected: "
     "either Apple is wrong or many values are."},
    {Metric::standstills, "autosignin_standstills_total", Kind::counter,
     "Times that work rested longer than standstill.warn_after though nothing held it on purpose."},
    {Metric::standstill_seconds, "autosignin_standstill_seconds", Kind::gauge,
     "For how long it has rested so by now; 0 while work moves. From standstill.fail_after on /livez fails, "
     "unless Kafka answers and refuses."},
    {Metric::notifications_verified, "autosignin_notifications_verified_total", Kind::counter,
     "Notifications of Apple's whose signature was verified."},
    {Metric::notifications_refused,
     "autosignin_notifications_refused_total",
     Kind::counter,
     "Notifications in Apple's name that are not believed, by reason. Above zero, someone has to look.",
     {Label::identity_code}},
    {Metric::notifications_remembered, "autosignin_notifications_remembered", Kind::gauge,
     "Ids of notifications in memory, to tell one that comes again; at most 10000."},
    {Metric::key_sets, "autosignin_key_sets_fetched_total", Kind::counter,
     "Times that Apple's public keys were fetched."},
    {Metric::key_set_age, "autosignin_key_set_age_seconds", Kind::gauge,
     "Age of the set of Apple's public keys; 0: there is none, nobody has needed it."},
    {Metric::sessions_not_asked, "autosignin_sessions_not_asked_total", Kind::counter,
     "Checks that ended unanswered: the session had been asked about less than a day before, as the worker "
     "or "
     "Apple remembers."},
    {Metric::sessions_remembered, "autosignin_sessions_remembered", Kind::gauge,
     "Sessions in memory with the time of their last check; at most 100000."},
    {Metric::receipts, "autosignin_receipts_total", Kind::counter, "Receipts that the broker acknowledged."},
    {Metric::store_failures, "autosignin_store_failures_total", Kind::counter,
     "Dead letters and receipts that the broker did not take; each is stored again, for ever."},
    {Metric::records, "autosignin_records_total", Kind::counter, "Records received from Kafka."},
    {Metric::records_already_finished, "autosignin_records_already_finished_total", Kind::counter,
     "Records received again after a restart, and skipped because the offset map shows them finished."},
    {Metric::records_of_old_epochs, "autosignin_records_of_old_epochs_total", Kind::counter,
     "Records dropped because their partition had been taken away meanwhile."},
    {Metric::key_not_subject, "autosignin_key_not_subject_total", Kind::counter,
     "Events whose Kafka key is not their subject, so that the order of their account is not certain."},
    {Metric::commits, "autosignin_commits_total", Kind::counter, "Offset commits that succeeded."},
    {Metric::commit_failures, "autosignin_commit_failures_total", Kind::counter,
     "Offset commits that failed; the next one covers them."},
    {Metric::offset_maps_cut, "autosignin_offset_maps_cut_total", Kind::counter,
     "Offset maps that did not fit into a commit, so that a restart would repeat more."},
    {Metric::offset_maps_ignored, "autosignin_offset_maps_ignored_total", Kind::counter,
     "Commit metadata found at an assignment that was foreign or damaged, and ignored."},
    {Metric::rebalances, "autosignin_rebalances_total", Kind::counter,
     "Changes of the assignment of partitions to this worker."},
    {Metric::gate_state,
     "autosignin_gate_state",
     Kind::gauge,
     "1 for the state in which the gate of the credential is. A closed gate holds all calls that it makes.",
     {Label::api, Label::credential, Label::gate_state}},
    {Metric::gate_reason,
     "autosignin_gate_reason",
     Kind::gauge,
     "1 for the reason why the gate of the credential is not open (none: it is open).",
     {Label::api, Label::credential, Label::gate_reason}},
    {Metric::gate_closed,
     "autosignin_gate_closed_seconds",
     Kind::gauge,
     "How long the gate has been closed; 0 while it is open.",
     {Label::api, Label::credential}},
    {Metric::gate_lanes_waiting,
     "autosignin_gate_lanes_waiting",
     Kind::gauge,
     "Accounts whose next command waits for the gate.",
     {Label::api, Label::credential}},
    {Metric::breaker_state,
     "autosignin_breaker_state",
     Kind::gauge,
     "1 for the state in which the breaker of one kind of call is. Open: these calls fail and are only "
     "probed.",
     {Label::api, Label::credential, Label::action, Label::breaker_state}},
    {Metric::breaker_open,
     "autosignin_breaker_open_seconds",
     Kind::gauge,
     "How long the breaker has been open; 0 while it is closed.",
     {Label::api, Label::credential, Label::action}},
    {Metric::endpoint_streams,
     "autosignin_endpoint_streams",
     Kind::gauge,
     "Concurrent requests that the API host allows on the present connections.",
     {Label::endpoint}},
    {Metric::in_flight, "autosignin_in_flight", Kind::gauge,
     "Commands that Apple is being asked to execute now."},
    {Metric::in_flight_limit, "autosignin_in_flight_limit", Kind::gauge, "Most commands in flight at once."},
    {Metric::lanes,
     "autosignin_lanes",
     Kind::gauge,
     "Accounts with work: ready to go, waiting for a retry, held behind a gate or breaker, or for our own "
     "limit.",
     {Label::lane_state}},
    {Metric::lanes_open, "autosignin_lanes_open", Kind::gauge, "Accounts with work, whatever its state."},
    {Metric::records_buffered, "autosignin_records_buffered", Kind::gauge,
     "Records held in memory, from reception until settled."},
    {Metric::buffered_bytes, "autosignin_records_buffered_bytes", Kind::gauge,
     "Size of the records held in memory."},
    {Metric::stores_in_flight, "autosignin_stores_in_flight", Kind::gauge,
     "Dead letters and receipts that the broker has not acknowledged yet."},
    {Metric::draining, "autosignin_draining", Kind::gauge,
     "1 while the worker finishes its flights before it stops."},
    {Metric::partitions_assigned, "autosignin_partitions_assigned", Kind::gauge,
     "Partitions that this worker owns. 0 on every worker means that nothing is consumed."},
    {Metric::partitions_paused, "autosignin_partitions_paused", Kind::gauge,
     "Partitions paused because their buffer is full."},
    {Metric::partition_committed_offset,
     "autosignin_partition_committed_offset",
     Kind::gauge,
     "Offset that a restarted worker would read first.",
     {Label::topic, Label::partition}},
    {Metric::partition_unsettled,
     "autosignin_partition_unsettled_records",
     Kind::gauge,
     "Records received and not settled.",
     {Label::topic, Label::partition}},
    {Metric::partition_span,
     "autosignin_partition_span_offsets",
     Kind::gauge,
     "Offsets from the committed one to the last received one; the offset map has to describe them.",
     {Label::topic, Label::partition}},
    {Metric::partition_map_characters,
     "autosignin_partition_offset_map_characters",
     Kind::gauge,
     "Length of the offset map in the last commit; Kafka takes 4096.",
     {Label::topic, Label::partition}},
    {Metric::partition_lag,
     "autosignin_partition_lag_records",
     Kind::gauge,
     "Records in the partition above the committed offset, never below 0. Alert on time, not on this.",
     {Label::topic, Label::partition}},
    {Metric::partitions_held, "autosignin_partitions_held", Kind::gauge,
     "Partitions that are not read because their committed offset is out of range; somebody has to decide."},
    {Metric::partitions_unread, "autosignin_partitions_unread", Kind::gauge,
     "Partitions assigned but not read: refused (until a record comes), topic missing, committed offset "
     "unknown."},
    {Metric::offset_resets, "autosignin_offset_resets_total", Kind::counter,
     "Partitions read on behind events that were never read: retention took them, or the topic was made "
     "anew."},
    {Metric::source_topic,
     "autosignin_source_topic",
     Kind::gauge,
     "1 for each topic that events are read from by configuration, whether or not a worker has a part of it.",
     {Label::topic}},
    {Metric::kafka_errors,
     "autosignin_kafka_errors_total",
     Kind::counter,
     "Errors that the Kafka clients reported, by kind; the log has the text and the remedy.",
     {Label::kafka_error}},
    {Metric::kafka_brokers_up, "autosignin_kafka_brokers_up", Kind::gauge,
     "Brokers to which the consumer has a connection."},
    {Metric::connections,
     "autosignin_connections",
     Kind::gauge,
     "Usable connections to the API host.",
     {Label::endpoint}},
    {Metric::connections_opened,
     "autosignin_connections_opened_total",
     Kind::counter,
     "Connections to the API host that became usable.",
     {Label::endpoint}},
    {Metric::connections_ended,
     "autosignin_connections_ended_total",
     Kind::counter,
     "Connections to the API host that ended or were never made, by reason.",
     {Label::endpoint, Label::connection_end}},
    {Metric::goaways,
     "autosignin_goaways_total",
     Kind::counter,
     "HTTP/2 GOAWAY frames received: the API host asked us to leave a connection.",
     {Label::endpoint}},
    {Metric::exchanges_waiting,
     "autosignin_exchanges_waiting",
     Kind::gauge,
     "Requests that wait for a connection or a free stream.",
     {Label::endpoint}},
    {Metric::sent_bytes,
     "autosignin_http_sent_bytes_total",
     Kind::counter,
     "Sent to the API host, before encryption.",
     {Label::endpoint}},
    {Metric::received_bytes,
     "autosignin_http_received_bytes_total",
     Kind::counter,
     "Received from the API host, after decryption.",
     {Label::endpoint}},
    {Metric::credential_resign,
     "autosignin_credential_resign_seconds",
     Kind::gauge,
     "Until the credential's token is signed again; 0 when none is cached.",
     {Label::api, Label::signer}},
    {Metric::credential_keys,
     "autosignin_credential_keys_usable",
     Kind::gauge,
     "Keys of the credential that can sign. At 0 nothing can be sent with it.",
     {Label::api, Label::signer}},
    {Metric::credential_key_files_unusable,
     "autosignin_credential_key_files_unusable",
     Kind::gauge,
     "Key files of the credential that hold no usable key now. A key that was read before signs on; a "
     "restart "
     "would fail.",
     {Label::api, Label::signer}},
    {Metric::credential_key_place,
     "autosignin_credential_key_place",
     Kind::gauge,
     "Which key of the credential's list signs, from 1; 0: none can. Beyond 1: those before it cannot be "
     "read, or Apple refused them.",
     {Label::api, Label::signer}},
    {Metric::credential_key_read,
     "autosignin_credential_key_read_timestamp_seconds",
     Kind::gauge,
     "When the key that signs was read from its file, in UNIX time; 0: none can sign. A key has no end of "
     "its "
     "own.",
     {Label::api, Label::signer}},
    {Metric::certificate_ends,
     "autosignin_certificate_end_timestamp_seconds",
     Kind::gauge,
     "When a certificate ends, in UNIX time: ours towards Kafka (kafka_client), or the first of the chain "
     "that "
     "an API host showed. Absent: not seen.",
     {Label::certificate}},
    {Metric::clock_skew, "autosignin_clock_skew_seconds", Kind::gauge,
     "Apple's clock minus ours, from the Date of its last answer, exact to a second. Tokens suffer beyond "
     "60."},
    {Metric::loop_turn, "autosignin_loop_turn_seconds", Kind::histogram,
     "Work of one turn of the loop, without its waiting; long turns delay everything."},
    {Metric::loop_delay, "autosignin_loop_delay_seconds", Kind::histogram,
     "How late the loop was woken when the time of its wait was up: a process that gets no CPU is woken "
     "late."},
    {Metric::log_lines_dropped, "autosignin_log_lines_dropped_total", Kind::counter,
     "Log lines dropped because nobody read them; the worker does not wait for its log."},
    {Metric::build_info,
     "autosignin_build_info",
     Kind::gauge,
     "1, with the version of the worker.",
     {Label::version}},
    {Metric::process_start, "process_start_time_seconds", Kind::gauge, "Start of the process, in UNIX time."},
    {Metric::process_cpu, "process_cpu_seconds_total", Kind::counter,
     "User and system time that the process has used, all threads."},
    {Metric::process_memory, "process_resident_memory_bytes", Kind::gauge,
     "Memory of the process that is in RAM."},
    {Metric::process_fds, "process_open_fds", Kind::gauge, "Open file descriptors."},
    {Metric::process_fds_limit, "process_max_fds", Kind::gauge, "Most file descriptors that may be open."},
}};

namespace {

constexpr bool in_the_order_of_the_enumeration() {
    for (std::size_t at = 0; at < definitions.size(); ++at) {
        if (static_cast<std::size_t>(definitions[at].metric) != at) {
            return false;
        }
    }
    return true;
}
static_assert(in_the_order_of_the_enumeration());

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::counter:
            return "counter";
        case Kind::gauge:
            return "gauge";
        case Kind::histogram:
            return "histogram";
    }
    return "";
}

}  // namespace

const std::array<Definition, metrics_count> catalogue = definitions;

const Definition& definition(Metric metric) noexcept {
    return definitions[static_cast<std::size_t>(metric)];
}

std::string catalogue_markdown() {
    std::string table = "| series | kind | labels | meaning |\n|---|---|---|---|\n";
    for (const Definition& one : definitions) {
        table.append("| `").append(one.name).append("` | ").append(kind_name(one.kind)).append(" | ");
        std::string_view before;
        for (const Label label : one.labels) {
            if (label != Label::none) {
                table.append(before).append("`").append(label_name(label)).append("`");
                before = ", ";
            }
        }
        table.append(" | ").append(one.help).append(" |\n");
    }
    return table;
}

}  // namespace metrics
