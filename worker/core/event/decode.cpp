#include "worker/core/event/decode.hpp"

#include <utility>

#include "common/invariant.hpp"
#include "worker/core/event/data.hpp"
#include "worker/core/event/envelope.hpp"
#include "worker/core/event/json_reader.hpp"

namespace core {
namespace {

// Fills the draft as far as the bytes allow; the problem, if any, is one of the record as a whole.
MaybeProblem read(const Record& record, Draft& draft) {
    const Mode mode = mode_of(record.headers);
    if (auto problem = read_headers(record.headers, mode, draft)) {
        return problem;
    }
    if (!record.value) {
        return Problem{invalid::tombstone, "", "the record has no value: it is a tombstone"};
    }
    if (record.value->empty()) {
        return Problem{invalid::empty_value, "", "the record's value is empty"};
    }
    if (mode == Mode::binary) {
        return read_json(*record.value, JsonRoot::data, draft);
    }
    if (auto problem = read_json(*record.value, JsonRoot::envelope, draft)) {
        return problem;
    }
    if (draft.found != Found::right) {
        return Problem{invalid::not_an_object, "", "the value is JSON, but not an object"};
    }
    return std::nullopt;
}

std::vector<SignInToken> take_tokens(DataDraft& data, EventType type) {
    std::vector<SignInToken> tokens;
    if (!names_sign_in_tokens(type)) {
        return tokens;
    }
    tokens.reserve(data.sign_in_tokens.items.size());
    for (TokenDraft& item : data.sign_in_tokens.items) {
        SignInToken& token = tokens.emplace_back();
        token.value = std::move(item.value.text);
        if (item.replacement.found == Found::right) {
            token.replacement = std::move(item.replacement.text);
        }
    }
    return tokens;
}

// The checks have found the client of each, and one token.
std::vector<Session> take_sessions(DataDraft& data, EventType type, const DecodeRules& rules) {
    std::vector<Session> sessions;
    if (!ends_or_checks_sessions(type)) {
        return sessions;
    }
    sessions.reserve(data.sign_in_with_apple.items.size());
    for (SessionDraft& item : data.sign_in_with_apple.items) {
        const bool refresh = item.refresh_token.found == Found::right;
        sessions.push_back(
            {rules.clients.find(item.client_id.text)->second,
             std::move(refresh ? item.refresh_token.text : item.access_token.text),
             refresh ? SessionToken::refresh : SessionToken::access});
    }
    return sessions;
}

std::optional<SignedNotification> take_notification(
    DataDraft& data, EventType type, const DecodeRules& rules) {
    return type == EventType::notification
               ? std::optional{SignedNotification{std::move(data.payload.text), *rules.keyless}}
               : std::nullopt;
}

}  // namespace

Decoded decode(const Record& record, const DecodeRules& rules) {
    Draft draft;
    MaybeProblem problem = read(record, draft);
    if (!problem) {
        problem = check_attributes(draft, rules);
    }
    Envelope envelope = take_envelope(draft, record.headers, rules);
    if (!problem) {
        INVARIANT(envelope.type && envelope.time, "checked attributes are usable");
        problem = check_data(draft.data, *envelope.type, rules);
    }
    if (problem) {
        return Invalid{
            problem->code.code, std::move(problem->pointer), std::move(problem->sentence),
            std::move(envelope)};
    }
    const bool key_is_subject = record.key && *record.key == envelope.subject;
    return Event{
        .id = std::move(envelope.id),
        .source = std::move(envelope.source),
        .subject = std::move(envelope.subject),
        .traceparent = std::move(envelope.traceparent),
        .type = *envelope.type,
        .time = *envelope.time,
        .app = rules.apps.find(draft.data.app.text)->second,
        .sign_in_tokens = take_tokens(draft.data, *envelope.type),
        .sessions = take_sessions(draft.data, *envelope.type, rules),
        .notification = take_notification(draft.data, *envelope.type, rules),
        .key_is_subject = key_is_subject,
    };
}

}  // namespace core
