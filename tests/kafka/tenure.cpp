#include "tests/kafka/tenure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tests/kafka/book.hpp"

namespace lane {
namespace {

struct Sent {
    const sim::LedgerEntry* entry = nullptr;
    const Place* place = nullptr;
    const Tenure* by = nullptr;
};

using Complaint = std::string;  // empty: none

std::string after(common::Instant event, common::Instant then) {
    return then == common::never ? "never" : fmt::format("{:+.3f} s", common::seconds(then - event));
}

class Judge {
public:
    Judge(const History& history, const std::vector<Tenure>& tenures, const TenureRules& rules)
        : history_{history}, rules_{rules}, book_{history}, accounts_(history.accounts.size()) {
        for (const Tenure& tenure : tenures) {
            by_key_[tenure.key_id] = &tenure;
        }
    }

    TenureVerdict judge(const sim::Ledger& ledger) {
        verdict_.requests = ledger.size();
        for (const sim::LedgerEntry& entry : ledger) {
            const Place* place = book_.find(entry);
            const auto by = by_key_.find(entry.key_id);
            if (place == nullptr || by == by_key_.end()) {
                note(fmt::format(
                    "Apple received a command that no event demands, or from an unknown worker (status {})",
                    entry.status));
                continue;
            }
            see({&entry, place, by->second});
        }
        for (std::size_t i = 0; i < accounts_.size(); ++i) {
            if (accounts_[i].begun < book_.commands(i)) {
                note(fmt::format(
                    "{}: {} of {} commands never reached Apple", history_.accounts[i].name,
                    book_.commands(i) - accounts_[i].begun, book_.commands(i)));
            }
        }
        return std::move(verdict_);
    }

private:
    struct Account {
        std::size_t begun = 0;     // first `begun` commands were received
        std::vector<Sent> sent{};  // in the order in which Apple received them
    };

    void note(std::string problem) {
        if (verdict_.problem.empty()) {
            verdict_.problem = std::move(problem);
        }
    }

    void see(const Sent& sent) {
        Account& account = accounts_[sent.place->account];
        for (const Complaint& complaint :
             {about_answer(sent), about_order(account, sent), about_concurrency(account, sent),
              about_repeat(account, sent)}) {
            if (!complaint.empty()) {
                note(fmt::format(
                    "{}, by {}: {}", history_.accounts[sent.place->account].name, sent.by->key_id,
                    complaint));
            }
        }
        verdict_.by_unaware += unaware(*sent.by, sent.entry->received) ? 1 : 0;
        verdict_.in_flight_at_kills +=
            sent.entry->received <= sent.by->killed && sent.by->killed < sent.entry->answered ? 1 : 0;
        account.begun = std::max(account.begun, sent.place->index + 1);
        account.sent.push_back(sent);
    }

    static Complaint about_answer(const Sent& sent) {
        const int status = sent.entry->status;
        return status == 204 || status == 404 ? "" : fmt::format("Apple answered {}", status);
    }

    // A command comes after the answer to the one before it, whoever sent that.
    static Complaint about_order(const Account& account, const Sent& sent) {
        const std::size_t index = sent.place->index;
        if (index > account.begun) {
            return fmt::format("command {} came before command {}", index, account.begun);
        }
        const bool first_time = index == account.begun && index > 0;
        const bool answered = std::any_of(account.sent.begin(), account.sent.end(), [&](const Sent& each) {
            return each.place->index + 1 == index && each.entry->answered <= sent.entry->received;
        });
        return first_time && !answered
                   ? fmt::format("command {} came before an answer to {}", index, index - 1)
                   : "";
    }

    // One at a time, unless a worker is dead or does not know yet that it lost the account.
    Complaint about_concurrency(const Account& account, const Sent& sent) const {
        if (account.sent.empty()) {
            return "";
        }
        const Sent& last = account.sent.back();
        const common::Instant now = sent.entry->received;
        if (unaware(*sent.by, now) || unaware(*last.by, now)) {
            return "";
        }
        const bool overlap = now < last.entry->answered;
        if (last.by != sent.by) {
            return overlap && std::min(last.by->killed, last.by->gone) > now
                       ? fmt::format(
                             "command {} was sent before command {} of {} was answered", sent.place->index,
                             last.place->index, last.by->key_id)
                       : "";
        }
        // A partition that went and came back starts with an event that was begun.
        const bool starts_over =
            sent.place->index == last.place->event && last.place->index + 1 < last.place->event_end;
        const bool lost_meanwhile =
            std::any_of(sent.by->pauses.begin(), sent.by->pauses.end(), [&](const Pause& pause) {
                return lost(pause) && last.entry->received <= pause.until && pause.from <= now;
            });
        if (sent.place->index != last.place->index + 1 && !starts_over && !lost_meanwhile) {
            return fmt::format("command {} came after command {}", sent.place->index, last.place->index);
        }
        return overlap
                   ? fmt::format(
                         "command {} was sent before {} was answered", sent.place->index, last.place->index)
                   : "";
    }

    // Nobody repeats an event that was finished for long enough to be committed.
    Complaint about_repeat(const Account& account, const Sent& sent) {
        if (sent.place->index >= account.begun) {
            return "";
        }
        const common::Instant now = sent.entry->received;
        bool finished = false;
        for (const auto& [by, at] : finished_by(account, *sent.place)) {
            if (at > now) {
                continue;
            }
            finished = true;
            const bool killed_before_commit =
                by->killed != common::never && awake(*by, at) >= by->killed - rules_.commits_within;
            if (!killed_before_commit && !unaware(*by, at, rules_.commits_within) &&
                !unaware(*sent.by, now)) {
                return fmt::format(
                    "command {} was repeated {:.3f} s after {} had finished its event (it was told to die "
                    "{}, "
                    "gone {}, paused {} times)",
                    sent.place->index, common::seconds(now - at), by->key_id, after(at, by->killed),
                    after(at, by->gone), by->pauses.size());
            }
        }
        ++(finished ? verdict_.repeats_of_finished : verdict_.repeats_of_begun);
        return "";
    }

    // When a worker had the answers to all commands of the event, for each worker that has.
    static std::vector<std::pair<const Tenure*, common::Instant>> finished_by(
        const Account& account, const Place& place) {
        std::map<const Tenure*, std::map<std::size_t, common::Instant>> answers;
        for (const Sent& each : account.sent) {
            if (each.place->event == place.event) {
                answers[each.by].try_emplace(each.place->index, each.entry->answered);
            }
        }
        std::vector<std::pair<const Tenure*, common::Instant>> all;
        for (const auto& [by, commands] : answers) {
            if (commands.size() == place.event_end - place.event) {
                all.emplace_back(by, std::max_element(commands.begin(), commands.end(), [](auto& a, auto& b) {
                                         return a.second < b.second;
                                     })->second);
            }
        }
        return all;
    }

    // An answer that comes during a pause is read after it.
    static common::Instant awake(const Tenure& tenure, common::Instant at) {
        for (const Pause& pause : tenure.pauses) {
            if (pause.from <= at && at < pause.until) {
                return pause.until;
            }
        }
        return at;
    }

    [[nodiscard]] bool lost(const Pause& pause) const { return pause.until - pause.from >= rules_.session; }

    // Whether the worker may have lost its partitions without knowing it, or `before` that.
    [[nodiscard]] bool unaware(const Tenure& tenure, common::Instant at, common::Duration before = {}) const {
        return std::any_of(tenure.pauses.begin(), tenure.pauses.end(), [&](const Pause& pause) {
            return lost(pause) && pause.from - before <= at &&
                   (pause.until == common::never || at <= pause.until + rules_.learns_within);
        });
    }

    const History& history_;
    const TenureRules& rules_;
    Book book_;
    std::map<std::string, const Tenure*, std::less<>> by_key_;
    std::vector<Account> accounts_;
    TenureVerdict verdict_;
};

}  // namespace

TenureVerdict judge_tenures(
    const History& history, const sim::Ledger& ledger, const std::vector<Tenure>& tenures,
    const TenureRules& rules) {
    return Judge{history, tenures, rules}.judge(ledger);
}

Outages judge_outages(
    const TenureVerdict& verdict, const std::vector<Pause>& outages, const sim::Ledger& ledger) {
    // In flight, and finished since the last commit, when the broker went: a tenth of a second's work each
    // time.
    constexpr std::size_t not_committed_yet_max = 300;
    const auto executed = static_cast<std::size_t>(
        std::count_if(ledger.begin(), ledger.end(), [&](const sim::LedgerEntry& entry) {
            return std::any_of(outages.begin(), outages.end(), [&](const Pause& outage) {
                return outage.from <= entry.answered && entry.answered <= outage.until;
            });
        }));
    return {
        executed, verdict.repeats_of_begun + verdict.repeats_of_finished, executed + not_committed_yet_max};
}

}  // namespace lane
