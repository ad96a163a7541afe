#include "tests/kafka/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/kafka/book.hpp"
#include "tests/kafka/require.hpp"

namespace lane {
namespace {

struct Progress {
    std::size_t commands = 0;  // demanded
    std::size_t begun = 0;     // first `begun` of them were received
    std::size_t last = 0;      // index of the one received last
    const sim::LedgerEntry* previous = nullptr;
};

bool crashed_between(
    const std::vector<common::Instant>& crashes, common::Instant earlier, common::Instant later) {
    return std::any_of(crashes.begin(), crashes.end(), [&](common::Instant crash) {
        return earlier <= crash && crash < later;
    });
}

// What is wrong with this request; empty: nothing.
std::string complaint(
    const Progress& account, const Place& place, const sim::LedgerEntry& entry, HandOver hand_over,
    const std::vector<common::Instant>& crashes) {
    if (entry.status != 204 && entry.status != 404) {
        return fmt::format("Apple answered {}", entry.status);
    }
    if (place.index > account.begun) {
        return fmt::format("command {} came before command {}", place.index, account.begun);
    }
    if (account.previous == nullptr || crashed_between(crashes, account.previous->received, entry.received)) {
        return "";
    }
    const bool begun_event = account.begun > place.event && account.begun < place.event_end;
    const bool starts_over = hand_over == HandOver::drained && place.index == place.event && begun_event;
    if (place.index != account.last + 1 && !starts_over) {
        return fmt::format("command {} came after command {}", place.index, account.last);
    }
    if (entry.received < account.previous->answered) {
        return fmt::format("command {} was sent before command {} was answered", place.index, account.last);
    }
    return "";
}

}  // namespace

Verdict judge(
    const History& history, const sim::Ledger& ledger, HandOver hand_over,
    const std::vector<common::Instant>& crashes) {
    const Book book{history};
    std::vector<Progress> accounts(history.accounts.size());
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        accounts[i].commands = book.commands(i);
    }
    Verdict verdict{.requests = ledger.size()};
    const auto note = [&](std::string problem) {
        if (verdict.problem.empty()) {
            verdict.problem = std::move(problem);
        }
    };
    for (const sim::LedgerEntry& entry : ledger) {
        const Place* const found = book.find(entry);
        if (found == nullptr) {
            note(fmt::format("Apple received a command that no event demands (status {})", entry.status));
            continue;
        }
        const Place& place = *found;
        Progress& account = accounts[place.account];
        if (const std::string problem = complaint(account, place, entry, hand_over, crashes);
            !problem.empty()) {
            note(fmt::format("{}: {}", history.accounts[place.account].name, problem));
        }
        verdict.repeats += place.index < account.begun ? 1 : 0;
        verdict.repeats_of_finished += place.event_end <= account.begun ? 1 : 0;
        account.begun = std::max(account.begun, place.index + 1);
        account.last = place.index;
        account.previous = &entry;
    }
    for (std::size_t i = 0; i < accounts.size(); ++i) {
        const Progress& account = accounts[i];
        if (account.begun < account.commands) {
            note(fmt::format(
                "{}: {} of {} commands never reached Apple", history.accounts[i].name,
                account.commands - account.begun, account.commands));
        }
    }
    return verdict;
}

Verdict require_all_once(const History& history, const sim::Ledger& ledger, HandOver hand_over) {
    Verdict verdict = judge(history, ledger, hand_over);
    require(verdict.problem.empty(), verdict.problem);
    const std::size_t too_many = hand_over == HandOver::never ? verdict.repeats : verdict.repeats_of_finished;
    require(too_many == 0, fmt::format("{} commands were repeated", too_many));
    return verdict;
}

}  // namespace lane
