// Where one record stands now: what is told when somebody asks about it by its position. Holds offsets,
// counts and names of the configuration; nothing of the event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"
#include "worker/core/settle/lineage.hpp"

namespace core {

// How far the record is.
//
//   unread -> queued -> storing -> settled
//              +-> let_go
enum class RecordStage : std::uint8_t {
    elsewhere,  // this worker does not hold its partition
    unread,     // not read yet
    queued,     // in its account's lane; see RecordStatus::lane
    storing,    // its commands have ended, its dead letter or receipts are not acknowledged
    settled,    // nothing is left to do, or no record has this offset
    let_go      // its partition is being given back: the next owner executes it
};
inline constexpr std::array record_stages{RecordStage::elsewhere, RecordStage::unread,  RecordStage::queued,
                                          RecordStage::storing,   RecordStage::settled, RecordStage::let_go};
[[nodiscard]] std::string_view stage_name(RecordStage stage) noexcept;

// Something closed that commands wait for.
struct Barrier {
    enum class By : std::uint8_t { gate, acceptance, breaker };
    By by = By::gate;
    std::string_view state;     // of the gate or breaker
    std::string_view reason{};  // of a gate
    common::Duration closed_for{};
    std::optional<common::Duration> next_try_in{};  // none: a probe is under way or due
};
inline constexpr std::array barrier_kinds{Barrier::By::gate, Barrier::By::acceptance, Barrier::By::breaker};
[[nodiscard]] std::string_view barrier_name(Barrier::By by) noexcept;

// The account's lane. What is said of "the front" is about the record whose turn it is: the one that was
// asked about when nothing is ahead of it.
struct LanePlace {
    std::size_t ahead = 0;            // records of the account that go first
    std::optional<Position> front{};  // none: its partition was let go while its answer is awaited
    std::string credential{};         // of the front's command
    std::size_t command = 0;          // of the front: the index of the one whose turn it is
    std::size_t commands = 0;
    int attempts = 0;  // sent, of this command
    int charged = 0;   // of these, failures that are known to be its own
    int attempts_max = 0;
    std::string_view last_answer{};  // class of the last failure; empty: none
    std::optional<int> last_http_status{};
    std::optional<common::Duration> in_flight_for{};
    std::optional<common::Duration> retry_in{};  // 0: due
    std::vector<Barrier> barriers{};             // of this kind of call of the credential
};

struct RecordStatus {
    RecordStage stage = RecordStage::elsewhere;
    // All below: not with `elsewhere`.
    Offset committed{};    // acknowledged
    Offset committable{};  // everything below is settled
    Offset position{};     // the next that is read
    bool paused = false;
    bool leaving = false;
    std::optional<LanePlace> lane{};  // with `queued`
};

}  // namespace core
