#include "tests/fuzz/record_promises.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "common/invariant.hpp"
#include "common/utf8.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/command/request.hpp"
#include "worker/core/event/decode.hpp"
#include "worker/core/event/draft.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/event/text.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/text.hpp"

namespace fuzz {
namespace {

using nlohmann::json;

const core::DecodeRules& rules() {
    static const core::DecodeRules rules{
        .apps = {{"streaming", core::AppId{0}}},
        .type_aliases = {{"closed", core::EventType::deleted}},
        .clients = {{"com.example.tv", core::CredentialId{1}}},
        .keyless = core::CredentialId{2}};
    return rules;
}

// Every word that a sentence about an invalid event may hold.
const std::set<std::string_view, std::less<>>& our_words() {
    static const std::set<std::string_view, std::less<>> words{
        "Apple",
        "CloudEvents",
        "JSON",
        "RFC",
        "Sign",
        "UTF-8",
        "a",
        "alias",
        "also",
        "an",
        "and",
        "announces",
        "another",
        "app",
        "array",
        "at",
        "beside",
        "but",
        "byte",
        "bytes",
        "ce_datacontenttype",
        "ce_id",
        "ce_source",
        "ce_specversion",
        "ce_subject",
        "ce_time",
        "ce_traceparent",
        "ce_type",
        "client",
        "clients",
        "configuration",
        "configured",
        "content",
        "content-type",
        "data",
        "date",
        "deep",
        "differs",
        "earlier",
        "empty",
        "event",
        "every",
        "false",
        "for",
        "format",
        "from",
        "given",
        "has",
        "header",
        "holds",
        "in",
        "is",
        "it",
        "items",
        "missing",
        "more",
        "names",
        "neither",
        "nested",
        "no",
        "none",
        "nor",
        "not",
        "object",
        "of",
        "offset",
        "one",
        "or",
        "our",
        "record",
        "record's",
        "refresh",
        "removes",
        "repeats",
        "replacement",
        "session",
        "string",
        "than",
        "the",
        "them",
        "this",
        "time",
        "token",
        "token's",
        "tombstone",
        "true",
        "twice",
        "type",
        "value",
        "with",
        "worker",
        "worker's"};
    return words;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 7 &&
           text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// Of members of the contract and of places in lists.
bool is_our_pointer(std::string_view pointer) {
    static const std::set<std::string_view, std::less<>> members{
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "traceparent",
        "data",
        "app",
        "sign_out_everywhere",
        "sign_in_tokens",
        "value",
        "replacement",
        "sign_in_with_apple",
        "client_id",
        "refresh_token",
        "access_token",
        "payload"};
    while (!pointer.empty()) {
        if (pointer.front() != '/') {
            return false;
        }
        pointer.remove_prefix(1);
        const std::string_view part = pointer.substr(0, pointer.find('/'));
        if (!members.contains(part) && !is_number(part)) {
            return false;
        }
        pointer.remove_prefix(part.size());
    }
    return true;
}

bool is_our_sentence(std::string_view sentence) {
    while (!sentence.empty()) {
        const std::string_view word = sentence.substr(0, sentence.find_first_of(" :;,()"));
        if (!word.empty() && !our_words().contains(word) && !is_number(word) && !is_our_pointer(word)) {
            return false;
        }
        sentence.remove_prefix(std::min(sentence.size(), word.size() + 1));
    }
    return true;
}

void check_invalid(const core::Invalid& invalid) {
    const bool known = std::any_of(
        core::invalid_codes.begin(), core::invalid_codes.end(),
        [&](const core::InvalidCode& code) { return code.code == invalid.code; });
    INVARIANT(known, "an invalid event has one of the codes of the contract");
    INVARIANT(is_our_pointer(invalid.pointer), "a pointer holds members of the contract and indices");
    INVARIANT(is_our_sentence(invalid.sentence), "a sentence holds no value of the payload");
    INVARIANT(!invalid.sentence.empty(), "an invalid event says why");
}

void check_attribute(const std::string& text) {
    INVARIANT(!text.empty() && text.size() <= core::attribute_bytes_max, "an attribute has its length");
    INVARIANT(common::is_utf8(text), "an attribute is UTF-8");
}

void check_event(const core::Event& event, const core::Record& record) {
    check_attribute(event.id);
    check_attribute(event.source);
    check_attribute(event.subject);
    INVARIANT(
        event.traceparent.empty() || core::is_traceparent(event.traceparent), "a broken trace is dropped");
    INVARIANT(event.sign_in_tokens.size() <= core::items_max, "a list is bounded");
    INVARIANT(event.key_is_subject == (record.key == event.subject), "the key is compared with the subject");
    std::set<std::string_view> values;
    std::set<std::string_view> replacements;
    for (const core::SignInToken& token : event.sign_in_tokens) {
        INVARIANT(!token.value.empty(), "a token has a value");
        INVARIANT(values.insert(token.value.expose()).second, "a value is listed once");
        if (token.replacement) {
            replacements.insert(token.replacement->expose());
        }
    }
    INVARIANT(replacements.size() <= 1, "all tokens get the same replacement");
    for (const std::string_view replacement : replacements) {
        INVARIANT(!values.contains(replacement), "values are never reused");
        INVARIANT(
            event.type == core::EventType::password_changed || event.type == core::EventType::sign_in_flagged,
            "only some events replace");
    }
}

std::string json_of(const core::Event& event) {
    std::string time;
    core::append_rfc3339(time, event.time);
    json tokens = json::array();
    for (const core::SignInToken& token : event.sign_in_tokens) {
        json item{{"value", token.value.expose()}};
        if (token.replacement) {
            item["replacement"] = token.replacement->expose();
        }
        tokens.push_back(std::move(item));
    }
    json sessions = json::array();
    for (const core::Session& session : event.sessions) {
        const char* const kind =
            session.kind == core::SessionToken::refresh ? "refresh_token" : "access_token";
        sessions.push_back({{"client_id", rules().clients.begin()->first}, {kind, session.token.expose()}});
    }
    json data{
        {"app", "streaming"},
        {"sign_in_tokens", std::move(tokens)},
        {"sign_in_with_apple", std::move(sessions)}};
    if (event.notification) {
        data["payload"] = event.notification->payload.expose();
    }
    json whole{{"specversion", "1.0"},     {"id", event.id},
               {"source", event.source},   {"type", core::type_name(event.type)},
               {"subject", event.subject}, {"time", time},
               {"data", std::move(data)}};
    if (!event.traceparent.empty()) {
        whole["traceparent"] = event.traceparent;
    }
    return whole.dump();
}

void check_round_trip(const core::Event& event, const core::Record& record) {
    const core::Decoded again =
        core::decode({.key = record.key, .value = json_of(event), .timestamp = record.timestamp}, rules());
    const auto* copy = std::get_if<core::Event>(&again);
    INVARIANT(copy != nullptr, "an event's own JSON is an event");
    INVARIANT(
        copy->id == event.id && copy->source == event.source && copy->subject == event.subject &&
            copy->traceparent == event.traceparent && copy->type == event.type && copy->app == event.app &&
            copy->sign_in_tokens == event.sign_in_tokens && copy->sessions == event.sessions &&
            copy->notification == event.notification && copy->key_is_subject == event.key_is_subject,
        "an event survives its own JSON");
    // An offset may move the first and the last day out of the years that can be written.
    const auto nearest = std::clamp(
        event.time, *core::parse_rfc3339("0000-01-01T00:00:00Z"),
        *core::parse_rfc3339("9999-12-31T23:59:59.999Z"));
    INVARIANT(copy->time == nearest, "an event's time survives its own JSON");
}

void check_commands(const core::Event& event) {
    const auto commands = core::commands_for(event);
    const std::size_t first = event.notification ? 1 : 0;  // its key set
    INVARIANT(
        commands.size() == first + event.sign_in_tokens.size() + event.sessions.size(),
        "each token and each session is told to Apple once");
    for (std::size_t at = first; at < commands.size(); ++at) {
        const std::size_t place = at - first;
        const bool token = place < event.sign_in_tokens.size();
        const common::Secret& value = token ? event.sign_in_tokens[place].value
                                            : event.sessions[place - event.sign_in_tokens.size()].token;
        INVARIANT(commands[at].value == value, "commands keep the event's order");
        const auto request = core::request_for(commands[at], core::EndpointId{0}, "com.example.tv");
        INVARIANT(!token || json::accept(request.body.expose()), "a request about a token is JSON");
    }
}

void check_letter(const core::Record& record, const core::Decoded& decoded) {
    core::DeadLetterFacts facts;
    facts.from = {"account-events", 3};
    const auto* invalid = std::get_if<core::Invalid>(&decoded);
    facts.error_code = invalid == nullptr ? "400" : invalid->code;
    facts.lineage = core::lineage_of(record.headers);
    const core::OutgoingRecord letter = core::dead_letter(record, "account-events.dead-letters", facts);
    INVARIANT(letter.key == record.key && letter.value == record.value, "a dead letter is the original");
    const auto is_ours = [](const core::Header& header) { return header.name.starts_with("dlq."); };
    core::Headers theirs;
    std::set<std::string_view> names;
    for (const core::Header& header : letter.headers) {
        if (is_ours(header)) {
            INVARIANT(names.insert(header.name).second, "a dead letter says everything once");
            INVARIANT(header.value && common::is_utf8(*header.value), "what a dead letter says is UTF-8");
        } else {
            theirs.push_back(header);
        }
    }
    core::Headers original = record.headers;
    std::erase_if(original, is_ours);
    INVARIANT(theirs == original, "a dead letter keeps the original's headers and their order");
    facts.lineage = core::lineage_of(letter.headers);
    const core::OutgoingRecord second =
        core::dead_letter({.key = letter.key, .value = letter.value, .headers = letter.headers}, {}, facts);
    INVARIANT(second.headers.size() == letter.headers.size(), "a second round adds no headers");
}

void check_receipt(const core::Record& record, const core::Decoded& decoded) {
    core::ReceiptFacts facts;
    facts.from = {"account-events", 3};
    if (const auto* event = std::get_if<core::Event>(&decoded)) {
        facts.event_id = event->id;
        facts.event_source = event->source;
        facts.subject = event->subject;
        facts.traceparent = event->traceparent;
    } else {
        const auto& invalid = std::get<core::Invalid>(decoded);
        facts.event_id = invalid.envelope.id;
        facts.event_source = invalid.envelope.source;
        facts.subject = invalid.envelope.subject;
        facts.traceparent = invalid.envelope.traceparent;
        facts.outcome = core::Outcome::dead_lettered;
        facts.reason = core::DeadLetterReason::invalid;
        facts.error_code = invalid.code;
    }
    const core::OutgoingRecord made = core::receipt("receipts", facts, record.key);
    INVARIANT(made.value && common::is_utf8(*made.value), "a receipt is UTF-8");
    INVARIANT(json::accept(*made.value), "a receipt is JSON");
}

bool same_verdict(const core::Decoded& left, const core::Decoded& right) {
    const auto* one = std::get_if<core::Invalid>(&left);
    const auto* other = std::get_if<core::Invalid>(&right);
    if (one == nullptr || other == nullptr) {
        return one == other;
    }
    return one->code == other->code && one->pointer == other->pointer && one->sentence == other->sentence;
}

}  // namespace

void check_promises(const core::Record& record) {
    const core::Decoded decoded = core::decode(record, rules());
    INVARIANT(same_verdict(decoded, core::decode(record, rules())), "the same bytes, the same verdict");
    if (const auto* event = std::get_if<core::Event>(&decoded)) {
        check_event(*event, record);
        check_round_trip(*event, record);
        check_commands(*event);
    } else {
        check_invalid(std::get<core::Invalid>(decoded));
    }
    check_letter(record, decoded);
    check_receipt(record, decoded);
}

}  // namespace fuzz
