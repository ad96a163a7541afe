#include "worker/sim/apple/apple.hpp"

#include <utility>

#include "worker/sim/apple/body.hpp"

namespace sim {

struct Apple::Call : CallInCourse<LedgerEntry> {
    TokenVerdict token{};
    std::optional<RequestBody> body{};

    [[nodiscard]] FaultTarget target() const {
        return {request->environment, token.bundle_id, entry.action, request->path, entry.value};
    }
};

Apple::Apple(TokenCheck check, Choose choose, AppleOptions options)
    : check_{std::move(check)}, course_{std::move(choose), options.keep_ledger}, options_{options} {}

Apple::Call Apple::read(const Request& request, common::Now now, common::Instant received) {
    Call call{{&request, now, now.wall}};
    if (const Fault* fault = course_.struck(FaultKind::clock_offset, call)) {
        call.clock = shifted(now.wall, fault->delay);
    }
    call.answer.date = call.clock;
    call.token = check_(request.authorization, call.clock);
    call.entry.received = received;
    call.entry.executed_at = now.steady;
    call.entry.shop = {request.environment, call.token.bundle_id};
    call.entry.key_id = call.token.key_id;
    call.entry.flaw = call.token.flaw;
    call.entry.action = action_of(request.path);
    if (call.entry.action) {
        call.body = read_body(*call.entry.action, request.content_type, request.body);
    }
    if (call.body) {
        call.entry.value = call.body->value;
        call.entry.replacement = call.body->replacement;
    }
    return call;
}

Answer Apple::handle(const Request& request, common::Now now) {
    return course_.begin(read(request, now, now.steady), [this](Call& call) { decide(call); });
}

Answer Apple::land(LandingId id, common::Now now) {
    return course_.land(
        id, [&](const Request& request, common::Instant received) { return read(request, now, received); },
        [this](Call& call) { decide(call); });
}

// Faults that answer at the places where Apple's own checks are; true when the call ends here.
bool Apple::turned_away(Call& call) {
    const auto ends = [&](FaultKind kind, int status) {
        const Fault* fault = course_.struck(kind, call);
        if (fault == nullptr) {
            return false;
        }
        call.blame(*fault);
        answer_with(call.answer, status == 0 ? fault->status : status, fault->body);
        return true;
    };
    if (ends(FaultKind::fail, 0)) {
        return true;
    }
    if (call.request->method != "POST" || !call.entry.action) {
        answer_with(call.answer, call.entry.action ? 405 : 404, BodyForm::html);
        call.answer.documented = false;
        return true;
    }
    if (ends(FaultKind::refuse_credential, 401)) {
        return true;
    }
    if (call.token.flaw) {
        answer_with(call.answer, 401);
        return true;
    }
    if (ends(FaultKind::forbid, 403)) {
        return true;
    }
    if (const Fault* fault = course_.struck(FaultKind::throttle, call)) {
        call.blame(*fault);
        call.entry.not_before = answer_throttled(call.answer, *fault, call.now.steady, call.clock);
        return true;
    }
    if (!call.body) {
        answer_with(call.answer, options_.refuse_bad_bodies ? 400 : 404, BodyForm::json);
        call.answer.documented = false;
        return true;
    }
    return ends(FaultKind::reject_value, 400) || ends(FaultKind::fail_value, 500) ||
           ends(FaultKind::hide_value, 404);
}

void Apple::decide(Call& call) {
    if (!turned_away(call)) {
        look_up(call);
    }
}

void Apple::look_up(Call& call) {
    LedgerEntry& entry = call.entry;
    entry.accounts = *entry.action == core::Action::update
                         ? store_.update(entry.shop, entry.value, entry.replacement)
                         : store_.erase(entry.shop, entry.value);
    answer_with(call.answer, entry.accounts > 0 ? 204 : 404);
}

}  // namespace sim
