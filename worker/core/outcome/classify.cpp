#include "worker/core/outcome/classify.hpp"

#include "worker/core/event/text.hpp"
#include "worker/core/identity/key_set.hpp"
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

// A torn body changes nothing: no row of this API looks at the body, because no documented answer carries
// one.
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
// A row of apple-apis sections 5.3 and 5.4; the first that fits decides. `error` is that of the body.
struct IdentityRule {
    int status_from = 0;
    int status_to = 0;
    Meaning meaning;
    std::optional<IdentityError> error{};  // none: whatever the body says
    bool revoke = true;
    bool check = true;
    bool key_set = true;
};

constexpr IdentityRule for_sessions(IdentityError error, Meaning meaning) {
    return {400, 400, meaning, error, true, true, false};
}
constexpr IdentityRule for_key_set(int status_from, int status_to, Meaning meaning) {
    return {status_from, status_to, meaning, std::nullopt, false, false, true};
}

constexpr Hold refused{HoldReason::credential_refused};
constexpr std::array identity_rules{
    // A revocation of what was invalid before is answered alike (D).
    IdentityRule{200, 200, Finished{Done::executed}},
    IdentityRule{200, 299, Retry{}},
    for_sessions(IdentityError::invalid_client, refused),
    // The session is over: that is what was asked (D).
    IdentityRule{400, 400, Finished{Done::session_over}, IdentityError::invalid_grant, false, true, false},
    // A token that was invalid before is answered 200, so this one was issued to another client, where it may
    // still be good: somebody has to look.
    for_sessions(IdentityError::invalid_grant, Rejected{}),
    for_sessions(IdentityError::invalid_request, Rejected{}),
    // Nothing that an event says chooses grant type, scope or what a client may do, so these are about us:
    // the
    // gate closes. Should one command alone meet them, the canary shows it, and that command is rejected.
    for_sessions(IdentityError::unauthorized_client, refused),
    for_sessions(IdentityError::unsupported_grant_type, refused),
    for_sessions(IdentityError::invalid_scope, refused),
    IdentityRule{400, 400, Rejected{.certain = false}, std::nullopt, true, true, false},
    // Not documented for these calls (J), from here on.
    IdentityRule{401, 401, refused, std::nullopt, true, true, false},
    IdentityRule{403, 403, refused, std::nullopt, true, true, false},
    IdentityRule{404, 405, Hold{HoldReason::misdirected}},
    IdentityRule{410, 410, Hold{HoldReason::misdirected}},
    IdentityRule{408, 408, Retry{}},
    IdentityRule{425, 425, Retry{}},
    IdentityRule{429, 429, Hold{HoldReason::throttled}},
    // Without a credential, and the same request for every notification: no answer is about one of them.
    for_key_set(400, 499, Hold{HoldReason::misdirected}),
    IdentityRule{400, 499, Rejected{}},
    IdentityRule{500, 599, Retry{}},
};

constexpr bool fits(const IdentityRule& rule, int status, std::optional<IdentityError> error, Action action) {
    return status >= rule.status_from && status <= rule.status_to && (!rule.error || rule.error == error) &&
           (action == Action::revoke  ? rule.revoke
            : action == Action::check ? rule.check
                                      : rule.key_set);
}

// 1xx as a final answer, 3xx, and what is no HTTP status at all: whoever answers there is not Apple's API.
constexpr Meaning elsewhere = Hold{HoldReason::misdirected};

constexpr bool fits(const Rule& rule, int status, Action action, bool lost_before) {
    return status >= rule.status_from && status <= rule.status_to &&
           (action == Action::update ? rule.updates : rule.erasures) &&
           (lost_before ? rule.after_lost : rule.after_clean);
}

Meaning sign_in_token_meaning(int status, Action action, bool lost_before) noexcept {
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

// Whether the body says what a 200 stands for. What answers 200 without it may be a portal in between.
bool body_fits(Action action, const Answer& answer) {
    switch (action) {
        case Action::check:
            return !answer.body_torn && read_token_response(answer.body);
        case Action::key_set:
            return !answer.body_torn && KeySet::parse(answer.body);
        case Action::revoke:
            return !denies_success(answer);
        case Action::update:
        case Action::erase:
            break;
    }
    return true;
}

Meaning identity_meaning(const Answer& answer, Action action) {
    if (planted(Bug::invalid_client_dead_letters) && answer.status == 400) {
        return Rejected{};
    }
    if (answer.status == 200 && !body_fits(action, answer)) {
        return Retry{};
    }
    const std::optional<IdentityError> error = identity_error_of(answer);
    for (const IdentityRule& rule : identity_rules) {
        if (fits(rule, answer.status, error, action)) {
            return rule.meaning;
        }
    }
    return elsewhere;
}

}  // namespace

bool denies_success(const Answer& answer) {
    const bool page =
        answer.content_type && same_ignoring_case(media_type(*answer.content_type), "text/html");
    // What was cut off can be a page or an error as well; asking again is harmless.
    return (!answer.body.empty() && (page || answer.body_torn)) || read_error_response(answer.body);
}

std::optional<IdentityError> identity_error_of(const Answer& answer) {
    const bool json = answer.content_type && is_json_media_type(*answer.content_type);
    if (answer.status != 400 || !json || answer.body_torn) {
        return std::nullopt;
    }
    const auto read = read_error_response(answer.body);
    return read && read->error != IdentityError::unknown ? std::optional{read->error} : std::nullopt;
}

Meaning classify(Action action, bool lost_before, const Exchange& exchange) {
    if (const auto* answer = std::get_if<Answer>(&exchange)) {
        return api_of(call_of(action).made_by) == Api::automatic_sign_in
                   ? sign_in_token_meaning(answer->status, action, lost_before)
                   : identity_meaning(*answer, action);
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
