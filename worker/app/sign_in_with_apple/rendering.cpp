#include "worker/app/sign_in_with_apple/rendering.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "worker/adapters/log/escape.hpp"
#include "worker/core/settle/text.hpp"

namespace app::identity {
namespace {

using nlohmann::ordered_json;

std::string shown(const common::Secret& secret, bool reveal) {
    return reveal ? std::string{secret.expose()}
                  : fmt::format("({} characters, --reveal shows them)", secret.expose().size());
}

// Texts of others reach a terminal.
std::string harmless(std::string_view text) {
    std::string line;
    log_lines::append_escaped(line, text, log_lines::Style::plain, 1000);
    return line;
}

std::string time_text(common::WallTime time) {
    std::string text;
    core::append_rfc3339(text, time);
    return text;
}

std::string value_text(const ordered_json& value) {
    return value.is_string() ? harmless(value.get_ref<const std::string&>()) : value.dump();
}

std::string in(Format format, const ordered_json& object) {
    if (format == Format::json) {
        return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    }
    std::string text;
    for (const auto& [name, value] : object.items()) {
        text += fmt::format("{:<18}{}\n", name, value_text(value));
    }
    return text;
}

template <class Value, class Written>
void add(ordered_json& object, const char* name, const std::optional<Value>& value, Written written) {
    if (value) {
        object[name] = written(*value);
    }
}
constexpr auto as_it_is = [](const auto& value) { return value; };

ordered_json facts(const core::IdentityToken& token, bool reveal) {
    const auto secret = [&](const common::Secret& value) { return shown(value, reveal); };
    ordered_json object{
        {"subject", token.subject},
        {"audience", token.audience},
        {"issued_at", time_text(token.issued_at)},
        {"expires_at", time_text(token.expires_at)},
        {"has_nonce", token.has_nonce}};
    add(object, "nonce_supported", token.nonce_supported, as_it_is);
    add(object, "email", token.email, secret);
    add(object, "email_verified", token.email_verified, as_it_is);
    add(object, "is_private_email", token.is_private_email, as_it_is);
    add(object, "real_user_status", token.real_user_status,
        [](core::RealUserStatus status) { return std::string{core::real_user_status_name(status)}; });
    add(object, "transfer_subject", token.transfer_subject, as_it_is);
    return object;
}

ordered_json facts(const core::Notification& notification, bool reveal) {
    ordered_json object{
        {"type", std::string{core::notification_type_name(notification.type)}},
        {"id", notification.id},
        {"subject", notification.subject},
        {"audience", notification.audience},
        {"issued_at", time_text(notification.issued_at)}};
    add(object, "expires_at", notification.expires_at, time_text);
    add(object, "event_time", notification.event_time, time_text);
    add(object, "email", notification.email,
        [&](const common::Secret& value) { return shown(value, reveal); });
    add(object, "is_private_email", notification.is_private_email, as_it_is);
    return object;
}

constexpr std::string_view end_name(core::IdentityCheck::End end) {
    switch (end) {
        case core::IdentityCheck::End::passed:
            return "pass";
        case core::IdentityCheck::End::failed:
            return "FAIL";
        case core::IdentityCheck::End::not_reached:
            break;
    }
    return "skip";
}

// The same verdict for both kinds: code and sentence, none when it is taken.
template <class Verified>
std::optional<core::IdentityProblem> problem_of(const core::Verification<Verified>& verification) {
    if (const auto* problem = std::get_if<core::IdentityProblem>(&verification.result)) {
        return *problem;
    }
    if (std::holds_alternative<core::UnknownKey>(verification.result)) {
        return core::IdentityProblem{
            core::invalid::unknown_key_id, "Apple's key set does not hold the key that is named"};
    }
    return std::nullopt;
}

template <class Verified>
std::string verification_text(const core::Verification<Verified>& verification, Format format, bool reveal) {
    const auto problem = problem_of(verification);
    const auto* const verified = std::get_if<Verified>(&verification.result);
    if (format == Format::json) {
        ordered_json checks = ordered_json::array();
        for (const core::IdentityCheck& check : verification.checks) {
            checks.push_back({{"verdict", end_name(check.end)}, {"check", check.what}});
        }
        ordered_json object{{"verified", verified != nullptr}, {"checks", std::move(checks)}};
        if (problem) {
            object["problem"] = {{"code", problem->code.code}, {"sentence", problem->sentence}};
        }
        if (verified != nullptr) {
            object["says"] = facts(*verified, reveal);
        }
        return in(Format::json, object);
    }
    std::string text;
    for (const core::IdentityCheck& check : verification.checks) {
        text += fmt::format("{}  {}\n", end_name(check.end), check.what);
    }
    if (verified == nullptr) {
        return text + fmt::format(
                          "{}not to be trusted: {} ({})\n", text.empty() ? "" : "\n", problem->sentence,
                          problem->code.code);
    }
    return text + "\n" + in(Format::text, facts(*verified, reveal));
}

}  // namespace

std::string rendered(const core::TokenResponse& tokens, Format format, bool reveal) {
    const auto secret = [&](const common::Secret& value) { return shown(value, reveal); };
    ordered_json object{{"access_token", secret(tokens.access_token)}};
    add(object, "expires_in", tokens.expires_in, [](std::chrono::seconds life) { return life.count(); });
    add(object, "refresh_token", tokens.refresh_token, secret);
    add(object, "id_token", tokens.id_token, secret);
    return in(format, object);
}

std::string rendered(const core::KeySet& keys, Format format) {
    if (format == Format::json) {
        ordered_json list = ordered_json::array();
        for (const core::RsaKey& key : keys.keys()) {
            list.push_back({{"kid", key.kid}, {"algorithm", "RS256"}, {"bits", core::key_bits(key)}});
        }
        return in(format, ordered_json{{"keys", std::move(list)}});
    }
    std::string text;
    for (const core::RsaKey& key : keys.keys()) {
        text += fmt::format("{:<18}RSA, {} bits\n", harmless(key.kid), core::key_bits(key));
    }
    return text;
}

std::string rendered(int status, const core::ErrorResponse& said, Question question, Format format) {
    const Advice told = advice(question, said.error);
    if (format == Format::json) {
        ordered_json object{
            {"status", status},
            {"error", said.name},
            {"description", said.description},
            {"meaning", told.meaning},
            {"causes", ordered_json::array()}};
        for (const std::string_view cause : told.causes) {
            object["causes"].push_back(cause);
        }
        return in(format, object);
    }
    std::string text = fmt::format("{} {}: {}\n", status, harmless(said.name), told.meaning);
    if (!said.description.empty()) {
        text += fmt::format("Apple says: {}\n", harmless(said.description));
    }
    if (!told.causes.empty()) {
        text += causes_text(told) + "\n";
    }
    return text;
}

std::string rendered(
    const core::Verification<core::IdentityToken>& verification, Format format, bool reveal) {
    return verification_text(verification, format, reveal);
}

std::string rendered(const core::Verification<core::Notification>& verification, Format format, bool reveal) {
    return verification_text(verification, format, reveal);
}

}  // namespace app::identity
