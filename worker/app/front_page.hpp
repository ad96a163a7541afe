// What the status page shows beyond the engine's status: the adapters' knowledge in the page's words.
#pragma once

#include <optional>

#include "worker/adapters/admin/history.hpp"
#include "worker/adapters/admin/status_page.hpp"
#include "worker/adapters/admin/verdict.hpp"
#include "worker/adapters/kafka/stats.hpp"
#include "worker/app/ledger/ledger_watch.hpp"
#include "worker/core/engine/stats.hpp"

namespace app {

// `standing`: none when dead letters are not watched.
[[nodiscard]] admin::Surroundings surroundings(
    const kafka::KafkaStats& source, const std::optional<ledger::Standing>& standing, common::WallTime now);

[[nodiscard]] std::vector<admin::PartitionLag> known_lags(const kafka::KafkaStats& source);

[[nodiscard]] admin::Moment moment(const core::Stats& stats, const core::Status& status, common::Instant now);

}  // namespace app
