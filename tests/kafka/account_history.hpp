// Made-up account events and what they demand of Apple, by the contract of schemas/README.md: every event
// names each value that may still be stored, oldest first; values are never reused.
//
// A few accounts have most of the events, as people do: long chains of updates, where each event names the
// two newest values, so that its first command finds nothing. An account that is closed gets no more events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/command/command.hpp"
#include "worker/core/event/record.hpp"
#include "worker/sim/apple/store.hpp"

namespace lane {

// In every token value, so that one can be found wherever it turns up.
inline constexpr std::string_view value_mark = "tkn~";

struct Demand {
    core::Action action = core::Action::erase;
    std::string value{};
    std::string replacement{};
};

// A record for the source topic.
struct SentEvent {
    std::string id{};
    bool valid = true;
    bool binary = false;  // CloudEvents mode
    std::string key{};
    std::optional<std::string> value{};
    core::Headers headers{};
    std::size_t account = 0;        // of valid ones
    std::vector<Demand> demands{};  // of valid ones; empty: nothing to do
    std::string leaves{};           // what the account holds after the last demand; empty: nothing
};

struct Account {
    std::string name{};
    std::string first_value{};                // on the Apple Account before anything happens
    std::optional<std::string> last_value{};  // what Apple should hold in the end
};

struct History {
    std::string app{};
    std::vector<Account> accounts{};
    std::vector<SentEvent> events{};

    [[nodiscard]] sim::Wanted wanted() const;
    [[nodiscard]] std::size_t demands() const;
    [[nodiscard]] std::size_t invalid() const;
};

struct HistoryOptions {
    std::string name{};  // of the check: makes accounts and values its own
    std::uint64_t seed = 1;
    std::size_t events = 100;
    std::size_t people = 50;      // open accounts at a time
    double invalid_share = 0.04;  // of the events
    double skew = 3;              // 1: everybody has as many events as the others
};

[[nodiscard]] History draw_history(const HistoryOptions& options);

// As if only the first `events` had happened.
void keep_first(History& history, std::size_t events);

}  // namespace lane
