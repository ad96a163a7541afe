#include "worker/core/outcome/classify.hpp"
#include "worker/core/planted.hpp"

namespace core {
namespace {

// One claim of apple-apis sections 5.1 and 5.2. The first row that fits an answer decides.
struct Rule {
    int status_from = 0;
    int status_to = 0;
    Meaning meaning;
    // Rows for one action, or for one history of the command; both set: any.
    bool updates = true;
    bool erasures = true;
    bool after_lost = true;
    bool after_clean = true;
};

constexpr Rule for_updates(int status, bool lost_before, Done done) {
    return {status, status, Finished{done}, true, false, lost_before, !lost_before};
}
constexpr Rule for_erasures(int status, Done done) {
    return {status, status, Finished{done}, false, true, true, true};
}

// A torn body changes nothing: no row looks at the body, because no documented answer carries one.
constexpr std::array rules{
    Rule{204, 204, Finished{Done::executed}},
    // 204 is the only success Apple documents. Any other is seen by its answer class, and tried again.
    Rule{200, 299, Retry{}},
    // The wished state holds, whoever brought it about.
    for_erasures(404, Done::already_so),
    // The lost answer was most likely a 204, and the old value is gone because it became the new one.
    for_updates(404, true, Done::probably_executed),
    for_updates(404, false, Done::not_found),
    Rule{401, 401, Hold{HoldReason::credential_refused}},
    Rule{403, 403, Hold{HoldReason::credential_refused}},
    // A wrong address or a proxy in between. A redirect is never followed with the bearer.
    Rule{405, 405, Hold{HoldReason::misdirected}},
    Rule{410, 410, Hold{HoldReason::misdirected}},
    Rule{408, 408, Retry{}},
    Rule{425, 425, Retry{}},
    Rule{429, 429, Hold{HoldReason::throttled}},
    Rule{400, 499, Rejected{}},
    Rule{500, 599, Retry{}},
};
// 1xx as a final answer, 3xx, and what is no HTTP status at all: whoever answers there is not Apple's API.
constexpr Meaning elsewhere = Hold{HoldReason::misdirected};

constexpr bool fits(const Rule& rule, int status, Action action, bool lost_before) {
    return status >= rule.status_from && status <= rule.status_to &&
           (action == Action::update ? rule.updates : rule.erasures) &&
           (lost_before ? rule.after_lost : rule.after_clean);
}

Meaning meaning_of(int status, Action action, bool lost_before) noexcept {
    if (planted(Bug::credential_dead_letters) && status == 401) {
        return Rejected{};
    }
    for (const Rule& rule : rules) {
        if (fits(rule, status, action, lost_before)) {
            return rule.meaning;
        }
    }
    return elsewhere;
}

}  // namespace

Meaning classify(Action action, bool lost_before, const Exchange& exchange) noexcept {
    if (const auto* answer = std::get_if<Answer>(&exchange)) {
        return meaning_of(answer->status, action, lost_before);
    }
    if (const auto* not_sent = std::get_if<NotSent>(&exchange)) {
        if (not_sent->reason == NotSentReason::no_credential) {
            return Hold{HoldReason::credential_refused};
        }
        return Retry{.costs_attempt = false};
    }
    return Retry{.costs_attempt = true};
}

}  // namespace core
