// What people do with their Apple Accounts, and GET /auth/authorize, where they do it in a browser.
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/invariant.hpp"
#include "worker/sim/identity/call.hpp"

namespace sim {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string escaped(std::string_view text) {
    std::string out;
    for (const char letter : text) {
        switch (letter) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += letter;
        }
    }
    return out;
}

// OAuth 2.0 Form Post Response Mode: a page that posts itself.
std::string posting_page(std::string_view action, const Fields& fields) {
    std::string page = "<html><body onload=\"document.forms[0].submit()\"><form method=\"post\" action=\"" +
                       escaped(action) + "\">";
    for (const auto& [name, value] : fields) {
        page += "<input type=\"hidden\" name=\"" + escaped(name) + "\" value=\"" + escaped(value) + "\"/>";
    }
    return page + "</form></body></html>";
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) {
            found.push_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

Scopes scopes_of(std::string_view scope) {
    Scopes scopes;
    for (const std::string_view word : words(scope)) {
        scopes.name = scopes.name || word == "name";
        scopes.email = scopes.email || word == "email";
    }
    return scopes;
}

}  // namespace

std::string AppleIdentity::user_json(
    const IdentityPerson& person, Scopes asked, std::string_view team) const {
    nlohmann::ordered_json user;
    // The sheet lets people clear either part of their name.
    for (const auto& [name, part] :
         {std::pair{"firstName", &person.given_name}, std::pair{"lastName", &person.family_name}}) {
        if (asked.name && !part->empty()) {
            user["name"][name] = *part;
        }
    }
    if (asked.email && !person.email.empty()) {
        user["email"] = book_.email_for(person, team);
    }
    return user.is_null() ? std::string{} : user.dump();
}

SignIn AppleIdentity::authorize(
    const IdentityClient& client, Scopes asked, IdentityCode code, common::Now now) {
    const IdentityPerson* person = book_.person(code.account);
    INVARIANT(person != nullptr && !person->deleted, "only people with an Apple Account sign in");
    SignIn result;
    const bool first = book_.consent(code.account, client.group, asked);
    code.client_id = client.client_id;
    code.issued = now.steady;
    const std::string nonce = code.nonce;
    result.code = book_.add_code(std::move(code));
    result.identity_token = identity_token(client, person->account, nonce, result.code, {}, now.wall);
    if (first) {
        result.user = user_json(*person, asked, client.team_id);
    }
    return result;
}

SignIn AppleIdentity::sign_in(
    std::string_view account, std::string_view client_id, Scopes asked, std::string_view nonce,
    common::Now now) {
    const IdentityClient* client = book_.client(client_id);
    INVARIANT(client != nullptr && client->native, "an app on a device signs in with its App ID");
    return authorize(*client, asked, {.account = std::string{account}, .nonce = std::string{nonce}}, now);
}

void AppleIdentity::change_password(std::string_view account) {
    book_.end_sessions(account, {}, SessionEnd::password_changed);
}

void AppleIdentity::withdraw(std::string_view account, std::string_view group, common::Now now) {
    if (book_.consents(account, group)) {
        tell(NoticeType::consent_revoked, account, group, now);
    }
    book_.end_sessions(account, group, SessionEnd::withdrawn);
}

void AppleIdentity::delete_account(std::string_view account, common::Now now) {
    for (const std::string& group : book_.groups_of(account)) {
        tell(NoticeType::account_deleted, account, group, now);
    }
    book_.forget_person(account);
}

void AppleIdentity::set_forwarding(
    std::string_view account, std::string_view group, bool forwards, common::Now now) {
    if (book_.shares_email(account, group)) {
        tell(forwards ? NoticeType::email_enabled : NoticeType::email_disabled, account, group, now);
    }
}

void AppleIdentity::tell(NoticeType type, std::string_view account, std::string_view group, common::Now now) {
    const IdentityClient* app = book_.client(group);
    const IdentityPerson* person = book_.person(account);
    if (!notices_.addressed(group) || app == nullptr || person == nullptr) {
        return;
    }
    NoticeClaims claims = notices_.claims_for(type, group);
    claims.subject = book_.subject(account, app->team_id);
    claims.happened = now.wall;
    claims.email = book_.email_for(*person, app->team_id);
    claims.private_email = person->private_email;
    notices_.send(
        std::string{account}, claims, keys_.signed_jwt(claims_json(claims), options_.sign_with_any_key),
        now.steady);
}

void AppleIdentity::serve_authorize(Call& call) {
    const IdentityClient* client = book_.client(call.entry.client_id);
    const std::string redirect_uri = call.form.value_or_empty("redirect_uri");
    if (client == nullptr ||
        std::find(client->redirect_uris.begin(), client->redirect_uris.end(), redirect_uri) ==
            client->redirect_uris.end()) {
        answer_with(call.answer, options_.authorize_refused_status, BodyForm::html);
        call.answer.documented = false;
        call.entry.error = IdentityError::invalid_client;
        return;
    }
    const auto error = authorization_error(call);
    if (error) {
        call.entry.error = error;
        return deliver(call, {{"error", std::string{error_name(*error)}}});
    }
    const IdentityPerson* person = visitor_ ? book_.person(visitor_->account) : nullptr;
    if (person == nullptr || person->deleted) {
        call.answer.status = 200;
        call.answer.content_type = "text/html";
        call.answer.body = "<html><body>Nobody sits at this browser.</body></html>";
        call.answer.documented = false;
        return;
    }
    if (!visitor_->approves) {
        call.entry.error = IdentityError::user_cancelled_authorize;
        return deliver(call, {{"error", "user_cancelled_authorize"}});
    }
    const SignIn result = authorize(
        *client, scopes_of(call.form.value_or_empty("scope")),
        {.account = person->account,
         .redirect_uri = redirect_uri,
         .nonce = call.form.value_or_empty("nonce")},
        {call.now.steady, call.clock});
    call.entry.effect = IdentityEffect::authorized;
    call.entry.account = person->account;
    Fields fields{{"code", result.code}};
    if (call.form.value_or_empty("response_type") != "code") {
        fields.emplace_back("id_token", result.identity_token);
    }
    if (!result.user.empty()) {
        fields.emplace_back("user", result.user);
    }
    deliver(call, std::move(fields));
}

std::optional<IdentityError> AppleIdentity::authorization_error(const Call& call) const {
    const std::string mode = call.form.value_or_empty("response_mode");
    const std::string response_type = call.form.value_or_empty("response_type");
    const std::vector<std::string_view> types = words(response_type);
    const bool has_code = std::find(types.begin(), types.end(), "code") != types.end();
    const bool has_token = std::find(types.begin(), types.end(), "id_token") != types.end();
    const bool known_mode = mode.empty() || mode == "query" || mode == "fragment" || mode == "form_post";
    if (call.form.malformed() || call.form.repeated() || !has_code || !known_mode ||
        types.size() != (has_token ? 2U : 1U) || (has_token && (mode.empty() || mode == "query"))) {
        return IdentityError::invalid_request;
    }
    const std::string scope = call.form.value_or_empty("scope");
    bool personal = false;
    for (const std::string_view word : words(scope)) {
        personal = personal || word == "name" || word == "email";
        if (word != "name" && word != "email" && !(word == "openid" && options_.openid_scope)) {
            return IdentityError::invalid_scope;
        }
    }
    return personal && mode != "form_post" ? std::optional{IdentityError::invalid_request} : std::nullopt;
}

void AppleIdentity::deliver(Call& call, std::vector<std::pair<std::string, std::string>> fields) const {
    if (const std::string* state = call.form.find("state")) {
        fields.emplace_back("state", *state);
    }
    const std::string uri = call.form.value_or_empty("redirect_uri");
    const std::string mode = call.form.value_or_empty("response_mode");
    if (mode == "form_post") {
        call.answer.status = 200;
        call.answer.content_type = "text/html;charset=UTF-8";
        call.answer.body = posting_page(uri, fields);
        return;
    }
    // How the browser gets there is not documented.
    call.answer.documented = false;
    call.answer.status = 302;
    const char* separator = uri.find('?') == std::string::npos ? "?" : "&";
    call.answer.headers = {{"location", uri + (mode == "fragment" ? "#" : separator) + form_text(fields)}};
}

}  // namespace sim
