// Watches the dead-letter topics beside the loop, on a thread of its own: observation only, it decides
// nothing. Each partition is watched by one worker, as a consumer group of its own decides, so that sums over
// all workers are right: a partition is shown by nobody else while this worker shows it. What is owed is
// absent, not zero, before the first round that succeeds, while partitions change hands, and from 15 s after
// the last such round: nobody may take not knowing for nothing owed.
//
// Threads: start(), standing() and stop() on the loop's thread. The journal is written to from the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/app/ledger/open_letters.hpp"
#include "worker/ports/journal.hpp"

namespace app::ledger {

struct Standing {
    std::optional<Owing> owing;  // none: not known
    std::uint64_t expired = 0;
    std::size_t partitions = 0;  // that the group gave this worker to watch
};

class LedgerWatch {
public:
    // `kafka` reads the dead-letter topics as `settings.group`. The journal outlives the watch.
    // Brokers need not be reachable. Error: settings that librdkafka refuses.
    [[nodiscard]] static common::Result<std::unique_ptr<LedgerWatch>> start(
        const kafka::KafkaSettings& kafka, Settings settings, ports::Journal& journal);
    LedgerWatch(const LedgerWatch&) = delete;
    LedgerWatch& operator=(const LedgerWatch&) = delete;
    // As stop() without waiting.
    ~LedgerWatch();

    [[nodiscard]] Standing standing(common::Instant now) const;

    // Leaving the group begins; does not wait.
    void ask_to_stop();
    // Waits for that, for at most `bound`; then the thread is left to itself and says nothing any more.
    void stop(common::Duration bound);

private:
    struct Shared;
    class Watch;
    explicit LedgerWatch(std::shared_ptr<Shared> shared) : shared_{std::move(shared)} {}
    std::shared_ptr<Shared> shared_;
};

}  // namespace app::ledger
