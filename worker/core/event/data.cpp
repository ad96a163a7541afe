#include "worker/core/event/data.hpp"

#include <fmt/format.h>

#include "worker/core/event/check.hpp"

namespace core {
namespace {

// What a type says beyond the members that all have.
struct TypeRules {
    bool may_replace = false;
    bool may_sign_out_everywhere = false;
};

constexpr TypeRules rules_of(EventType type) noexcept {
    switch (type) {
        case EventType::password_changed:
            return {.may_replace = true, .may_sign_out_everywhere = true};
        case EventType::sign_in_flagged:
            return {.may_replace = true};
        case EventType::opted_out:
        case EventType::deleted:
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

MaybeProblem check_session(const SessionDraft& session, std::size_t at) {
    if (auto problem = check_slot(session, session_at(at), Presence::required, "an object")) {
        return problem;
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

MaybeProblem check_members(const DataDraft& data, TypeRules allowed, const DecodeRules& rules) {
    if (auto problem = check_app(data.app, rules)) {
        return problem;
    }
    if (auto problem = check_list(data.sign_in_tokens, "/data/sign_in_tokens", Presence::required)) {
        return problem;
    }
    const auto& tokens = data.sign_in_tokens.items;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (auto problem = check_token(tokens[at], at)) {
            return problem;
        }
    }
    if (allowed.may_sign_out_everywhere) {
        if (auto problem = check_slot(
                data.sign_out_everywhere, Where{"/data/sign_out_everywhere"}, Presence::optional,
                "true or false")) {
            return problem;
        }
    }
    if (auto problem = check_list(data.sign_in_with_apple, "/data/sign_in_with_apple", Presence::optional)) {
        return problem;
    }
    const auto& sessions = data.sign_in_with_apple.items;
    for (std::size_t at = 0; at < sessions.size(); ++at) {
        if (auto problem = check_session(sessions[at], at)) {
            return problem;
        }
    }
    return std::nullopt;
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

MaybeProblem check_data(const DataDraft& data, EventType type, const DecodeRules& rules) {
    const TypeRules allowed = rules_of(type);
    if (auto problem = check_slot(data, Where{"/data"}, Presence::required, "an object")) {
        return problem;
    }
    if (auto problem = check_members(data, allowed, rules)) {
        return problem;
    }
    if (auto problem = check_replacements(data, allowed)) {
        return problem;
    }
    return check_repeats(data);
}

}  // namespace core
