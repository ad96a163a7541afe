#include "worker/core/event/data.hpp"

#include <fmt/format.h>

#include "worker/core/event/check.hpp"

namespace core {
namespace {

// What a type says beyond the members that all have.
struct TypeRules {
    bool names_tokens = true;
    bool names_sessions = true;
    bool may_replace = false;
    bool may_sign_out_everywhere = false;
    // Sessions that mean something: they are revoked or checked. Elsewhere only their types are looked at.
    bool acts_on_sessions = false;
    bool sessions_required = false;
    bool refresh_tokens_only = false;
    bool forwards_payload = false;
};

constexpr TypeRules rules_of(EventType type) noexcept {
    switch (type) {
        case EventType::password_changed:
            return {.may_replace = true, .may_sign_out_everywhere = true};
        case EventType::sign_in_flagged:
            return {.may_replace = true};
        case EventType::deleted:
            return {.acts_on_sessions = true};
        case EventType::session_ended:
            return {.names_tokens = false, .acts_on_sessions = true, .sessions_required = true};
        case EventType::session_check:
            return {
                .names_tokens = false,
                .acts_on_sessions = true,
                .sessions_required = true,
                .refresh_tokens_only = true};
        case EventType::notification:
            return {.names_sessions = false, .forwards_payload = true};
        case EventType::opted_out:
            break;
    }
    return {};
}

Where token_at(std::size_t token, std::string_view member = {}) {
    return {"/data/sign_in_tokens", member, token};
}
Where session_at(std::size_t session, std::string_view member = {}) {
    return {"/data/sign_in_with_apple", member, session};
}

MaybeProblem check_app(const TextSlot& app, const DecodeRules& rules) {
    if (auto problem =
            check_string(app, Where{"/data/app"}, Presence::required, app.text.size(), attribute_bytes_max)) {
        return problem;
    }
    if (!rules.apps.contains(app.text)) {
        return Problem{
            invalid::unknown_app, "/data/app", "/data/app names no app of the worker's configuration"};
    }
    return std::nullopt;
}

template <class Item>
MaybeProblem check_list(const ListSlot<Item>& list, std::string_view path, Presence presence) {
    if (auto problem = check_slot(list, Where{path}, presence, "an array")) {
        return problem;
    }
    if (list.too_many) {
        return Problem{
            invalid::too_many, std::string{path},
            fmt::format("{} holds more than {} items", path, items_max)};
    }
    return std::nullopt;
}

MaybeProblem check_token(const TokenDraft& token, std::size_t at) {
    if (auto problem = check_slot(token, token_at(at), Presence::required, "an object")) {
        return problem;
    }
    if (auto problem = check_string(
            token.value, token_at(at, "value"), Presence::required, token.value.text.expose().size(),
            token_bytes_max)) {
        return problem;
    }
    return check_string(
        token.replacement, token_at(at, "replacement"), Presence::optional,
        token.replacement.text.expose().size(), token_bytes_max);
}

MaybeProblem check_session_token(const SecretSlot& token, std::size_t at, std::string_view member) {
    return check_string(
        token, session_at(at, member), Presence::optional, token.text.expose().size(), token_bytes_max);
}

// Of a type that acts on its sessions: a client that is configured, and one token.
MaybeProblem check_named_session(
    const SessionDraft& session, std::size_t at, TypeRules allowed, const DecodeRules& rules) {
    if (auto problem = check_string(
            session.client_id, session_at(at, "client_id"), Presence::required, session.client_id.text.size(),
            attribute_bytes_max)) {
        return problem;
    }
    if (!rules.clients.contains(session.client_id.text)) {
        const std::string pointer = session_at(at, "client_id").pointer();
        return Problem{
            invalid::unknown_client, pointer,
            fmt::format("{} names no Sign in with Apple client of the worker's configuration", pointer)};
    }
    if (auto problem = check_session_token(session.refresh_token, at, "refresh_token")) {
        return problem;
    }
    if (auto problem = check_session_token(session.access_token, at, "access_token")) {
        return problem;
    }
    const bool refresh = session.refresh_token.found == Found::right;
    const bool access = session.access_token.found == Found::right;
    if (!refresh && (!access || allowed.refresh_tokens_only)) {
        const std::string pointer = session_at(at, "refresh_token").pointer();
        return Problem{invalid::missing_member, pointer, fmt::format("{} is missing", pointer)};
    }
    if (refresh && access) {
        const std::string pointer = session_at(at, "access_token").pointer();
        return Problem{
            invalid::two_session_tokens, pointer,
            fmt::format("{} is given beside a refresh token; one of them names the session", pointer)};
    }
    return std::nullopt;
}

MaybeProblem check_session(
    const SessionDraft& session, std::size_t at, TypeRules allowed, const DecodeRules& rules) {
    if (auto problem = check_slot(session, session_at(at), Presence::required, "an object")) {
        return problem;
    }
    if (allowed.acts_on_sessions) {
        return check_named_session(session, at, allowed, rules);
    }
    if (auto problem =
            check_slot(session.client_id, session_at(at, "client_id"), Presence::optional, "a string")) {
        return problem;
    }
    if (auto problem = check_slot(
            session.refresh_token, session_at(at, "refresh_token"), Presence::optional, "a string")) {
        return problem;
    }
    return check_slot(session.access_token, session_at(at, "access_token"), Presence::optional, "a string");
}

MaybeProblem check_sessions(const ListSlot<SessionDraft>& list, TypeRules allowed, const DecodeRules& rules) {
    if (auto problem = check_list(
            list, "/data/sign_in_with_apple",
            allowed.sessions_required ? Presence::required : Presence::optional)) {
        return problem;
    }
    for (std::size_t at = 0; at < list.items.size(); ++at) {
        if (auto problem = check_session(list.items[at], at, allowed, rules)) {
            return problem;
        }
    }
    return std::nullopt;
}

// Only its place and size: what it says is read by who verifies it.
MaybeProblem check_payload(const SecretSlot& payload, const DecodeRules& rules) {
    if (auto problem = check_string(
            payload, Where{"/data/payload"}, Presence::required, payload.text.expose().size(),
            payload_bytes_max)) {
        return problem;
    }
    if (!rules.keyless) {
        return Problem{
            invalid::unknown_client, "/data/payload",
            "/data/payload is for none of our clients: no Sign in with Apple client is configured"};
    }
    return std::nullopt;
}

MaybeProblem check_members(const DataDraft& data, TypeRules allowed, const DecodeRules& rules) {
    if (auto problem = check_app(data.app, rules)) {
        return problem;
    }
    if (allowed.names_tokens) {
        if (auto problem = check_list(data.sign_in_tokens, "/data/sign_in_tokens", Presence::required)) {
            return problem;
        }
        const auto& tokens = data.sign_in_tokens.items;
        for (std::size_t at = 0; at < tokens.size(); ++at) {
            if (auto problem = check_token(tokens[at], at)) {
                return problem;
            }
        }
    }
    if (allowed.may_sign_out_everywhere) {
        if (auto problem = check_slot(
                data.sign_out_everywhere, Where{"/data/sign_out_everywhere"}, Presence::optional,
                "true or false")) {
            return problem;
        }
    }
    if (allowed.names_sessions) {
        if (auto problem = check_sessions(data.sign_in_with_apple, allowed, rules)) {
            return problem;
        }
    }
    return allowed.forwards_payload ? check_payload(data.payload, rules) : std::nullopt;
}

bool replaces(const TokenDraft& token) noexcept {
    return token.replacement.found == Found::right;
}

MaybeProblem check_replacements(const DataDraft& data, TypeRules allowed) {
    const auto& tokens = data.sign_in_tokens.items;
    const SecretSlot* first = nullptr;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (!replaces(tokens[at])) {
            continue;
        }
        if (!allowed.may_replace) {
            const std::string pointer = token_at(at, "replacement").pointer();
            return Problem{
                invalid::unexpected_replacement, pointer,
                fmt::format("{} is given, but this event removes every token", pointer)};
        }
        if (allowed.may_sign_out_everywhere && data.sign_out_everywhere.value) {
            const std::string pointer = token_at(at, "replacement").pointer();
            return Problem{
                invalid::signed_out_with_replacement, pointer,
                fmt::format("{} is given, but /data/sign_out_everywhere is true", pointer)};
        }
        if (first == nullptr) {
            first = &tokens[at].replacement;
        } else if (first->text != tokens[at].replacement.text) {
            const std::string pointer = token_at(at, "replacement").pointer();
            return Problem{
                invalid::different_replacements, pointer,
                fmt::format("{} differs from an earlier token's replacement", pointer)};
        }
    }
    if (first == nullptr) {
        return std::nullopt;
    }
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (tokens[at].value.text == first->text) {
            const std::string pointer = token_at(at, "value").pointer();
            return Problem{
                invalid::value_is_replacement, pointer,
                fmt::format("{} is also a replacement in this event", pointer)};
        }
    }
    return std::nullopt;
}

const SecretSlot& token_of(const SessionDraft& session) noexcept {
    return session.refresh_token.found == Found::right ? session.refresh_token : session.access_token;
}

MaybeProblem check_repeated_sessions(const DataDraft& data) {
    const auto& sessions = data.sign_in_with_apple.items;
    for (std::size_t at = 1; at < sessions.size(); ++at) {
        for (std::size_t before = 0; before < at; ++before) {
            if (token_of(sessions[at]).text == token_of(sessions[before]).text) {
                const std::string pointer = session_at(at).pointer();
                return Problem{
                    invalid::repeated_value, pointer,
                    fmt::format("{} repeats the token of session {}", pointer, before)};
            }
        }
    }
    return std::nullopt;
}

// Quadratic, for at most items_max tokens, and one is the usual number.
MaybeProblem check_repeats(const DataDraft& data) {
    const auto& tokens = data.sign_in_tokens.items;
    for (std::size_t at = 1; at < tokens.size(); ++at) {
        for (std::size_t before = 0; before < at; ++before) {
            if (tokens[at].value.text == tokens[before].value.text) {
                const std::string pointer = token_at(at, "value").pointer();
                return Problem{
                    invalid::repeated_value, pointer,
                    fmt::format("{} repeats the value of token {}", pointer, before)};
            }
        }
    }
    return std::nullopt;
}

}  // namespace

bool names_sign_in_tokens(EventType type) noexcept {
    return rules_of(type).names_tokens;
}

bool ends_or_checks_sessions(EventType type) noexcept {
    return rules_of(type).acts_on_sessions;
}

MaybeProblem check_data(const DataDraft& data, EventType type, const DecodeRules& rules) {
    const TypeRules allowed = rules_of(type);
    if (auto problem = check_slot(data, Where{"/data"}, Presence::required, "an object")) {
        return problem;
    }
    if (auto problem = check_members(data, allowed, rules)) {
        return problem;
    }
    if (allowed.names_tokens) {
        if (auto problem = check_replacements(data, allowed)) {
            return problem;
        }
        if (auto problem = check_repeats(data)) {
            return problem;
        }
    }
    return allowed.acts_on_sessions ? check_repeated_sessions(data) : std::nullopt;
}

}  // namespace core
