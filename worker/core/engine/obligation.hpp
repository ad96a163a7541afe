// One record on its way through the worker: what it asks for, how far that is, and the original bytes, which
// are needed until nothing is owed any more.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/command/command.hpp"
#include "worker/core/event/event.hpp"
#include "worker/core/event/record.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/lineage.hpp"

namespace core {

struct CommandProgress {
    std::optional<Outcome> outcome{};                      // none: still to run, unless ended_before
    DeadLetterReason reason = DeadLetterReason::rejected;  // with Outcome::dead_lettered
    int attempts = 0;                                      // sent, whatever came of it
    int charged = 0;                                       // failures that are known to be the command's own
    int failures = 0;                                      // in a row, for the backoff; free ones too
    bool ended_before = false;              // before the record was replayed; neither run nor told again
    bool lost_before = false;               // an attempt ended without an answer: it may have been executed
    bool spent = false;                     // may be given up instead of being sent again
    bool given_up = false;                  // is given up, since it holds up its partition
    int withheld = 0;                       // rejections beyond the channel's ration, for the backoff
    int unreadable = 0;                     // answers that say neither what is wrong nor whose fault it is
    std::optional<SessionState> session{};  // check only
    int refused_alone = 0;                  // times that Apple took a canary after having refused this
    int throttled_alone = 0;                // the same after having throttled this
    std::string_view code{};                // answer class of the last failure
    std::optional<int> status{};
    common::Duration age_spent{};  // time that ran while the API was well
    common::Instant last_failure{};
};

struct Obligation {
    enum class Stage : std::uint8_t { queued, settling };

    Record record;
    Envelope envelope;
    AppId app;
    std::vector<Command> commands{};
    std::vector<CommandProgress> progress{};  // one a command
    std::size_t current = 0;                  // index of the command whose turn it is
    Stage stage = Stage::queued;
    Lineage lineage{};                  // of a replayed dead letter
    std::string_view invalid_code{};    // not empty: the record is no event, or one that is not believed
    bool omit_value = false;            // the broker refused the original as too large
    bool omit_key_and_headers = false;  // and still, without its value
    bool in_flight = false;
    std::size_t receipts_outstanding = 0;
    std::size_t bytes = 0;
    std::optional<common::WallTime> first_failed{};
    common::WallTime ended{};     // when the last command ended
    common::WallTime deadline{};  // by which its lanes are ordered
    common::Instant received{};

    // The first command from `index` on that has to run in this round; as many as there are: none.
    [[nodiscard]] std::size_t next_from(std::size_t index) const noexcept {
        while (index < progress.size() && progress[index].ended_before) {
            ++index;
        }
        return index;
    }

    [[nodiscard]] CommandProgress& progress_now() { return progress[current]; }

    [[nodiscard]] bool owes_dead_letter() const noexcept {
        if (!invalid_code.empty()) {
            return true;
        }
        for (const CommandProgress& command : progress) {
            if (command.outcome == Outcome::dead_lettered) {
                return true;
            }
        }
        return false;
    }
};

}  // namespace core
