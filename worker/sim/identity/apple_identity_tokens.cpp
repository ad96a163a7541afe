// POST /auth/token and POST /auth/revoke.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <nlohmann/json.hpp>

#include "worker/sim/identity/call.hpp"

namespace sim {
namespace {

bool is_form(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    return std::equal(
        content_type.begin(), content_type.end(), form_type.begin(), form_type.end(),
        [](char left, char right) { return std::tolower(static_cast<unsigned char>(left)) == right; });
}

bool known_parameter(std::string_view name) {
    constexpr std::array<std::string_view, 8> names{"client_id",  "client_secret",  "code",
                                                    "grant_type", "redirect_uri",   "refresh_token",
                                                    "token",      "token_type_hint"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool looks_like_jwt(std::string_view token) {
    return token.starts_with("eyJ") && std::count(token.begin(), token.end(), '.') == 2;
}

}  // namespace

void AppleIdentity::serve_client(Call& call) {
    if (!well_formed(call) || ends(call, FaultKind::refuse_credential, 400)) {
        if (call.entry.fault == FaultKind::refuse_credential) {
            refuse(call, IdentityError::invalid_client, "Client authentication failed.");
            call.answer.documented = true;
        }
        return;
    }
    if (!authenticated(call) || !spared(call)) {
        return;
    }
    if (call.entry.call == IdentityCall::revoke) {
        revoke(call);
    } else {
        grant(call);
    }
}

bool AppleIdentity::well_formed(Call& call) {
    const auto no = [&](IdentityError error, std::string_view description) {
        refuse(call, error, description);
        return false;
    };
    if (!is_form(call.request->content_type)) {
        return no(IdentityError::invalid_request, "The content type is not supported.");
    }
    if (call.form.malformed()) {
        return no(IdentityError::invalid_client, "The form is not percent-encoded.");
    }
    if (call.form.repeated()) {
        return no(IdentityError::invalid_request, "A parameter is repeated.");
    }
    if (!call.request->authorization.empty()) {
        return no(IdentityError::invalid_request, "Several credentials.");
    }
    if (call.form.find("client_id") == nullptr || call.form.find("client_secret") == nullptr) {
        return no(IdentityError::invalid_request, "Missing client_id or client_secret.");
    }
    if (options_.refuse_unknown_parameters) {
        for (const auto& [name, value] : call.form.fields()) {
            if (!known_parameter(name)) {
                return no(IdentityError::invalid_request, "Unsupported parameter.");
            }
        }
    }
    return true;
}

bool AppleIdentity::authenticated(Call& call) {
    const SecretVerdict verdict = check_(*call.form.find("client_secret"), call.clock);
    const IdentityClient* client = book_.client(call.entry.client_id);
    call.entry.flaw = verdict.flaw;
    if (verdict.flaw || client == nullptr || client->team_id != verdict.team_id) {
        refuse(call, IdentityError::invalid_client, "Client authentication failed.");
        return false;
    }
    if (verdict.client_id != call.entry.client_id) {
        refuse(call, options_.secret_of_other_client, "client_id mismatch.");
        return false;
    }
    call.entry.key_id = verdict.key_id;
    return true;
}

// Faults that answer for the application once the client is known.
bool AppleIdentity::spared(Call& call) {
    if (ends(call, FaultKind::forbid, 403) || ends(call, FaultKind::throttle, 429) ||
        ends(call, FaultKind::fail_value, 500)) {
        return false;
    }
    if (const Fault* fault = course_.struck(FaultKind::reject_value, call)) {
        call.blame(*fault);
        refuse(call, IdentityError::invalid_request, "Rejected.");
        if (!fault->error.empty()) {
            call.answer.body = nlohmann::json{{"error", fault->error}}.dump();
        }
        return false;
    }
    return true;
}

void AppleIdentity::grant(Call& call) {
    const std::string grant_type = call.form.value_or_empty("grant_type");
    const IdentityClient& client = *book_.client(call.entry.client_id);
    const bool refresh = grant_type == "refresh_token";
    if (!refresh && grant_type != "authorization_code") {
        return refuse(call, IdentityError::unsupported_grant_type, "Unsupported grant type.");
    }
    if (refresh ? !client.may_refresh : !client.may_exchange) {
        return refuse(call, IdentityError::unauthorized_client, "The grant type is not allowed.");
    }
    if (call.entry.token.empty()) {
        // A refresh token sent as `code`, and the other way round, was seen to be answered like this.
        const bool misnamed = call.form.find(refresh ? "code" : "refresh_token") != nullptr;
        return refuse(
            call, misnamed ? IdentityError::unsupported_grant_type : IdentityError::invalid_request,
            refresh ? "Missing refresh_token." : "Missing code.");
    }
    return refresh ? check_refresh_token(call) : exchange_code(call);
}

void AppleIdentity::exchange_code(Call& call) {
    IdentityCode* code = course_.struck(FaultKind::hide_value, call) ? nullptr : book_.code(call.entry.token);
    call.entry.effect = IdentityEffect::not_valid;
    if (code == nullptr) {
        return refuse(call, IdentityError::invalid_grant, "The code is unknown.");
    }
    call.entry.account = code->account;
    if (code->client_id != call.entry.client_id) {
        return refuse(call, IdentityError::invalid_grant, "The code was issued to another client_id.");
    }
    if (code->used) {
        return refuse(call, IdentityError::invalid_grant, "The code has already been used.");
    }
    if (code->dead || call.now.steady - code->issued >= options_.code_life) {
        return refuse(call, IdentityError::invalid_grant, "The code has expired or has been revoked.");
    }
    const std::string* redirect_uri = call.form.find("redirect_uri");
    if (code->redirect_uri && redirect_uri == nullptr) {
        return refuse(call, IdentityError::invalid_request, "Missing redirect_uri.");
    }
    if (code->redirect_uri && *code->redirect_uri != *redirect_uri) {
        return refuse(call, IdentityError::invalid_client, "redirect_uri mismatch.");
    }
    code->used = true;
    call.entry.effect = IdentityEffect::exchanged;
    const std::size_t session = book_.open_session(
        {.account = code->account, .client_id = code->client_id, .started = call.now.steady});
    answer_tokens(call, session, code->nonce, true);
}

void AppleIdentity::check_refresh_token(Call& call) {
    const KnownToken* token =
        course_.struck(FaultKind::hide_value, call) ? nullptr : book_.token(call.entry.token);
    call.entry.effect = IdentityEffect::not_valid;
    if (token == nullptr || token->kind != TokenKind::refresh_token) {
        return refuse(call, IdentityError::invalid_grant, "The refresh token is unknown.");
    }
    const IdentitySession& session = book_.sessions().at(token->session);
    call.entry.account = session.account;
    if (session.client_id != call.entry.client_id) {
        return refuse(
            call, IdentityError::invalid_grant, "The refresh token was issued to another client_id.");
    }
    if (session.ended) {
        return refuse(
            call, session.ended == SessionEnd::withdrawn ? options_.withdrawn : IdentityError::invalid_grant,
            "The token has expired or has been revoked.");
    }
    if (throttled_check(call, session)) {
        return;
    }
    call.entry.effect = IdentityEffect::confirmed;
    answer_tokens(call, token->session, {}, false);
}

bool AppleIdentity::throttled_check(Call& call, const IdentitySession& session) {
    if (!options_.refresh_throttle) {
        return false;
    }
    const auto [last, first] = checked_.try_emplace({session.account, session.client_id}, call.now.steady);
    if (first || call.now.steady - last->second >= options_.refresh_throttle->interval) {
        last->second = call.now.steady;
        return false;
    }
    answer_with(call.answer, options_.refresh_throttle->status, BodyForm::json);
    call.answer.documented = false;
    call.entry.effect = IdentityEffect::none;
    return true;
}

void AppleIdentity::answer_tokens(
    Call& call, std::size_t session, std::string_view nonce, bool with_refresh_token) {
    const IdentitySession& open = book_.sessions().at(session);
    const std::string access_token = book_.add_access_token(session, call.now.steady);
    nlohmann::ordered_json json{
        {"access_token", access_token},
        {"token_type", options_.token_type},
        {"expires_in", options_.access_token_life.count()}};
    if (with_refresh_token) {
        json["refresh_token"] = open.refresh_token;
    }
    json["id_token"] =
        identity_token(*book_.client(open.client_id), open.account, nonce, {}, access_token, call.clock);
    call.answer.status = 200;
    call.answer.content_type = "application/json;charset=UTF-8";
    call.answer.body = json.dump();
    call.answer.headers = {{"cache-control", "no-store"}, {"pragma", "no-cache"}};
}

void AppleIdentity::revoke(Call& call) {
    const std::string& text = call.entry.token;
    if (text.empty()) {
        return refuse(call, IdentityError::invalid_request, "Missing token.");
    }
    const std::string hint = call.form.value_or_empty("token_type_hint");
    if (!hint.empty() && hint != "refresh_token" && hint != "access_token") {
        return refuse(call, IdentityError::invalid_request, "Unsupported token_type_hint.");
    }
    if (options_.revoke_identity_token && looks_like_jwt(text)) {
        return refuse(call, *options_.revoke_identity_token, "Not a refresh or access token.");
    }
    const KnownToken* token = course_.struck(FaultKind::hide_value, call) ? nullptr : book_.token(text);
    call.entry.effect = IdentityEffect::unknown_token;
    if (token != nullptr) {
        const IdentitySession& session = book_.sessions().at(token->session);
        const std::string_view kind =
            token->kind == TokenKind::refresh_token ? "refresh_token" : "access_token";
        call.entry.account = session.account;
        call.entry.effect = IdentityEffect::none;
        if (session.client_id != call.entry.client_id && options_.revoke_foreign_token) {
            return refuse(call, *options_.revoke_foreign_token, "The token was issued to another client_id.");
        }
        if (!hint.empty() && hint != kind && options_.hint_contradicts) {
            return refuse(call, *options_.hint_contradicts, "token_type_hint mismatch.");
        }
        call.entry.effect = IdentityEffect::ended_before;
        if (session.client_id == call.entry.client_id && valid(text, call.now.steady)) {
            call.entry.effect = IdentityEffect::ended_session;
            end_by_service(call, token->session);
        }
    }
    call.answer.status = 200;
}

void AppleIdentity::end_by_service(Call& call, std::size_t session) {
    const IdentitySession ending = book_.sessions().at(session);
    const std::string group = book_.group_of(ending.client_id);
    if (options_.revoke_ends_all_sessions) {
        book_.end_sessions(ending.account, group, SessionEnd::revoked);
    } else {
        book_.end_session(session, SessionEnd::revoked);
    }
    if (options_.echo_revocations) {
        tell(NoticeType::consent_revoked, ending.account, group, call.now);
    }
}

}  // namespace sim
