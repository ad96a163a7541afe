// What the adapters count, in the words of the metric catalogue.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/adapters/kafka/stats.hpp"
#include "worker/adapters/metrics/exporter.hpp"
#include "worker/app/ledger/ledger_watch.hpp"
#include "worker/core/engine/settings.hpp"
#include "worker/ports/transport_stats.hpp"

namespace app {

using Samples = std::vector<metrics::Sample>;

// `source` has the lag; faults of both clients are added up.
void append_kafka(const kafka::KafkaStats& source, const kafka::KafkaStats& sink, Samples& samples);
void append_transport(const std::string& endpoint, const ports::TransportStats& stats, Samples& samples);
void append_source_topics(const std::vector<std::string>& topics, Samples& samples);
// Of a host, or "kafka_client". Nothing while the end is not known.
void append_certificate(
    const std::string& name, const std::optional<common::WallTime>& ends, Samples& samples);
// `settings` has more at its end: what signs nothing.
void append_credentials(
    std::span<const auth::CredentialStatus> credentials, std::span<const core::CredentialSettings> settings,
    Samples& samples);
// What is owed is absent while it is not known; `watched` is 0 then.
void append_letters(const ledger::Standing& standing, common::WallTime now, Samples& samples);

}  // namespace app
