// Looks through the receipts topic for how a settled letter ended.
//
// Blocking: as the reader does, for at most a million records.
#pragma once

#include <string>

#include "common/result.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/app/dead_letters/listing.hpp"
#include "worker/core/letters/fate.hpp"

namespace app::dead_letters {

struct FateFound {
    core::Fate fate;
    bool looked_at_all = true;  // that the topic still has; else at the newest
};

[[nodiscard]] common::Result<FateFound> find_fate(
    kafka::LogReader& reader, const std::string& receipts_topic, const core::Letter& letter,
    const Progress& progress);

}  // namespace app::dead_letters
