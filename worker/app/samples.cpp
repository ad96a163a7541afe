#include "worker/app/samples.hpp"

#include <algorithm>
#include <chrono>

namespace app {
namespace {

double seconds_of(common::WallTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

void append_kafka(const kafka::KafkaStats& source, const kafka::KafkaStats& sink, Samples& samples) {
    for (const kafka::FaultKind kind : kafka::fault_kinds) {
        const auto at = static_cast<std::size_t>(kind);
        samples.push_back(
            {metrics::Metric::kafka_errors,
             {std::string{kafka::kind_name(kind)}},
             static_cast<double>(source.faults.at(at) + sink.faults.at(at))});
    }
    const auto up = std::count_if(
        source.snapshot.brokers.begin(), source.snapshot.brokers.end(),
        [](const auto& broker) { return broker.up; });
    samples.push_back({metrics::Metric::kafka_brokers_up, {}, static_cast<double>(up)});
    samples.push_back(
        {metrics::Metric::partitions_held, {}, static_cast<double>(source.partitions_held.size())});
    samples.push_back(
        {metrics::Metric::partitions_unread, {}, static_cast<double>(source.partitions_unread)});
    samples.push_back({metrics::Metric::offset_resets, {}, static_cast<double>(source.offset_resets)});
    for (const kafka::PartitionLag& partition : source.snapshot.partitions) {
        if (partition.lag) {
            samples.push_back(
                {metrics::Metric::partition_lag,
                 {partition.partition.topic, std::to_string(partition.partition.partition)},
                 static_cast<double>(*partition.lag)});
        }
    }
}

void append_source_topics(const std::vector<std::string>& topics, Samples& samples) {
    for (const std::string& topic : topics) {
        samples.push_back({metrics::Metric::source_topic, {topic}, 1});
    }
}

void append_certificate(
    const std::string& name, const std::optional<common::WallTime>& ends, Samples& samples) {
    if (ends) {
        samples.push_back({metrics::Metric::certificate_ends, {name}, seconds_of(*ends)});
    }
}

void append_transport(const std::string& endpoint, const ports::TransportStats& stats, Samples& samples) {
    for (const ports::ConnectionEnd end : ports::connection_ends) {
        samples.push_back(
            {metrics::Metric::connections_ended,
             {endpoint, std::string{ports::end_name(end)}},
             static_cast<double>(stats.connections_ended.at(static_cast<std::size_t>(end)))});
    }
    const auto add = [&](metrics::Metric metric, auto value) {
        samples.push_back({metric, {endpoint}, static_cast<double>(value)});
    };
    add(metrics::Metric::connections, stats.connections_open);
    add(metrics::Metric::connections_opened, stats.connections_opened);
    add(metrics::Metric::goaways, stats.goaways);
    add(metrics::Metric::exchanges_waiting, stats.exchanges_waiting);
    add(metrics::Metric::sent_bytes, stats.bytes_sent);
    add(metrics::Metric::received_bytes, stats.bytes_received);
    append_certificate(endpoint, stats.certificate_ends, samples);
}

void append_credentials(
    std::span<const auth::CredentialStatus> credentials, std::span<const core::CredentialSettings> settings,
    Samples& samples) {
    for (std::size_t i = 0; i < credentials.size(); ++i) {
        const std::vector<std::string> labels{
            std::string{core::api_name(core::api_of(settings[i].kind))}, settings[i].name};
        samples.push_back(
            {metrics::Metric::credential_resign, labels,
             common::seconds(credentials[i].resigns_in.value_or(common::Duration{}))});
        samples.push_back(
            {metrics::Metric::credential_keys, labels, static_cast<double>(credentials[i].keys_usable)});
        samples.push_back(
            {metrics::Metric::credential_key_files_unusable, labels,
             static_cast<double>(credentials[i].files_unusable)});
        samples.push_back(
            {metrics::Metric::credential_key_place, labels, static_cast<double>(credentials[i].key_place)});
        samples.push_back(
            {metrics::Metric::credential_key_read, labels,
             seconds_of(credentials[i].key_read.value_or(common::WallTime{}))});
    }
}

void append_letters(const ledger::Standing& standing, common::WallTime now, Samples& samples) {
    samples.push_back({metrics::Metric::dead_letters_expired, {}, static_cast<double>(standing.expired)});
    const std::size_t watched = standing.owing ? standing.owing->watched : 0;
    const std::size_t unwatched = standing.partitions - std::min(standing.partitions, watched);
    samples.push_back({metrics::Metric::dead_letters_watched, {}, static_cast<double>(watched)});
    samples.push_back({metrics::Metric::dead_letters_unwatched, {}, static_cast<double>(unwatched)});
    if (!standing.owing) {
        return;
    }
    const ledger::Owing& owing = *standing.owing;
    const auto open = [&](std::optional<core::DeadLetterReason> reason) {
        samples.push_back(
            {metrics::Metric::dead_letters_open,
             {std::string{core::reason_word(reason)}},
             static_cast<double>(owing.open.at(core::count_index(reason)))});
    };
    std::for_each(core::dead_letter_reasons.begin(), core::dead_letter_reasons.end(), open);
    open(std::nullopt);
    const double oldest = owing.oldest ? common::seconds(common::age(*owing.oldest, now)) : 0;
    samples.push_back({metrics::Metric::oldest_unexecuted, {std::string{metrics::owed_states[1]}}, oldest});
    samples.push_back({metrics::Metric::dead_letters_oldest, {}, oldest});
}

}  // namespace app
