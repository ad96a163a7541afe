#include "worker/sim/identity/apple_identity.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/invariant.hpp"
#include "worker/sim/identity/call.hpp"
#include "worker/sim/identity/claims.hpp"

namespace sim {
namespace {

constexpr std::string_view json_type = "application/json;charset=UTF-8";

std::string_view without_query(std::string_view path) {
    return path.substr(0, path.find('?'));
}

Form fields_of(const Request& request) {
    if (request.method == "POST") {
        return Form{request.body};
    }
    const auto question = request.path.find('?');
    return Form{
        question == std::string::npos ? std::string_view{}
                                      : std::string_view{request.path}.substr(question + 1)};
}

std::optional<IdentityCall> call_of(std::string_view path, const Form& form) {
    if (path == "/auth/keys") {
        return IdentityCall::keys;
    }
    if (path == "/auth/authorize") {
        return IdentityCall::authorize;
    }
    if (path == "/auth/revoke") {
        return IdentityCall::revoke;
    }
    if (path == "/auth/token") {
        return form.value_or_empty("grant_type") == "refresh_token" ? IdentityCall::refresh
                                                                    : IdentityCall::exchange;
    }
    return std::nullopt;
}

std::string token_of(IdentityCall call, const Form& form) {
    switch (call) {
        case IdentityCall::exchange:
            return form.value_or_empty("code");
        case IdentityCall::refresh:
            return form.value_or_empty("refresh_token");
        case IdentityCall::revoke:
            return form.value_or_empty("token");
        case IdentityCall::keys:
        case IdentityCall::authorize:
            break;
    }
    return {};
}

}  // namespace

AppleIdentity::AppleIdentity(
    SecretCheck check, IdentityCrypto crypto, Choose choose, const IdentityOptions& options)
    : check_{std::move(check)},
      course_{std::move(choose), options.keep_ledger},
      options_{options},
      random_{options.seed},
      book_{options.seed},
      keys_{std::move(crypto), options.keys, options.seed},
      notices_{[this](std::uint64_t bound) { return random_.below(bound); }} {}

AppleIdentity::Call AppleIdentity::read(const Request& request, common::Now now, common::Instant received) {
    Call call{{&request, now, now.wall}, without_query(request.path), fields_of(request)};
    call.entry.received = received;
    call.entry.executed_at = now.steady;
    call.entry.call = call_of(call.path, call.form);
    call.entry.client_id = call.form.value_or_empty("client_id");
    if (call.entry.call) {
        call.entry.token = token_of(*call.entry.call, call.form);
    }
    if (const Fault* fault = course_.struck(FaultKind::clock_offset, call)) {
        call.clock = shifted(now.wall, fault->delay);
    }
    call.answer.date = call.clock;
    return call;
}

Answer AppleIdentity::handle(const Request& request, common::Now now) {
    return course_.begin(read(request, now, now.steady), [this](Call& call) { decide(call); });
}

Answer AppleIdentity::land(LandingId id, common::Now now) {
    return course_.land(
        id, [&](const Request& request, common::Instant received) { return read(request, now, received); },
        [this](Call& call) { decide(call); });
}

bool AppleIdentity::ends(Call& call, FaultKind kind, int status) {
    const Fault* fault = course_.struck(kind, call);
    if (fault == nullptr) {
        return false;
    }
    call.blame(*fault);
    if (kind == FaultKind::throttle) {
        call.entry.not_before = answer_throttled(call.answer, *fault, call.now.steady, call.clock);
    } else {
        answer_with(call.answer, status == 0 ? fault->status : status, fault->body);
    }
    call.answer.documented = false;
    return true;
}

void AppleIdentity::decide(Call& call) {
    call.answer.documented = true;
    if (ends(call, FaultKind::fail, 0)) {
        return;
    }
    const bool by_browser =
        call.entry.call == IdentityCall::keys || call.entry.call == IdentityCall::authorize;
    if (!call.entry.call || call.request->method != (by_browser ? "GET" : "POST")) {
        answer_with(call.answer, call.entry.call ? 405 : 404, BodyForm::html);
        call.answer.documented = false;
    } else if (call.entry.call == IdentityCall::keys) {
        serve_keys(call);
    } else if (call.entry.call == IdentityCall::authorize) {
        serve_authorize(call);
    } else {
        serve_client(call);
    }
}

void AppleIdentity::serve_keys(Call& call) {
    if (ends(call, FaultKind::forbid, 403) || ends(call, FaultKind::throttle, 429)) {
        return;
    }
    call.answer.status = 200;
    call.answer.content_type = json_type;
    call.answer.body = keys_.key_set();
    call.entry.effect = IdentityEffect::keys_served;
}

void AppleIdentity::refuse(Call& call, IdentityError error, std::string_view description) const {
    nlohmann::ordered_json json{{"error", error_name(error)}};
    if (options_.error_descriptions) {
        json["error_description"] = description;
    }
    call.entry.error = error;
    call.answer.status = 400;
    call.answer.content_type = json_type;
    call.answer.body = json.dump();
    call.answer.headers = {{"cache-control", "no-store"}, {"pragma", "no-cache"}};
}

bool AppleIdentity::valid(std::string_view token, common::Instant now) const {
    const KnownToken* known = book_.token(token);
    if (known == nullptr || book_.sessions().at(known->session).ended) {
        return false;
    }
    return known->kind == TokenKind::refresh_token || now - known->issued < options_.access_token_life;
}

bool AppleIdentity::as_text() {
    return options_.booleans == BooleanForm::string ||
           (options_.booleans == BooleanForm::mixed && random_.below(2) == 0);
}

std::string AppleIdentity::identity_token(
    const IdentityClient& client, std::string_view account, std::string_view nonce, std::string_view code,
    std::string_view access_token, common::WallTime clock) {
    const IdentityPerson* person = book_.person(account);
    INVARIANT(person != nullptr, "only known people sign in");
    IdentityClaims claims;
    claims.subject = book_.subject(account, client.team_id);
    claims.client_id = client.client_id;
    claims.issued = clock;
    claims.life = options_.identity_token_life;
    claims.nonce = nonce;
    if (book_.shares_email(account, client.group)) {
        claims.email = book_.email_for(*person, client.team_id);
    }
    claims.private_email = person->private_email;
    claims.verified_as_text = as_text();
    claims.private_as_text = as_text();
    if (client.native) {
        claims.real_user_status = person->real_user_status;
    }
    if (options_.token_hashes && !code.empty()) {
        claims.code_hash = keys_.half_hash(code);
    }
    if (options_.token_hashes && !access_token.empty()) {
        claims.access_token_hash = keys_.half_hash(access_token);
    }
    return keys_.signed_jwt(claims_json(claims), options_.sign_with_any_key);
}

}  // namespace sim
