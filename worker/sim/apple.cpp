#include "worker/sim/apple.hpp"

#include <utility>

#include "common/invariant.hpp"
#include "worker/sim/apple_body.hpp"

namespace sim {

// One request on its way through the checks.
struct Apple::Call {
    const Request* request;
    common::Now now;
    common::WallTime clock;  // Apple's
    TokenVerdict token{};
    std::optional<RequestBody> body{};
    LedgerEntry entry{};
    Answer answer{};

    [[nodiscard]] FaultTarget target() const;
    void blame(const Fault& fault) {
        if (!entry.fault) {
            entry.fault = fault.kind;
        }
    }
};

Apple::Apple(TokenCheck check, Choose choose, AppleOptions options)
    : check_{std::move(check)}, faults_{std::move(choose)}, options_{options} {}

void Apple::forget_ledger() {
    INVARIANT(landings_.empty(), "a late request still has to be entered into the ledger");
    ledger_.clear();
}

FaultTarget Apple::Call::target() const {
    return {request->environment, token.bundle_id, entry.action, request->path, entry.value};
}

const Fault* Apple::struck(FaultKind kind, const Call& call) {
    return faults_.struck(kind, call.target(), call.now.steady);
}

Apple::Call Apple::read(const Request& request, common::Now now, common::Instant received) {
    Call call{.request = &request, .now = now, .clock = now.wall};
    if (const Fault* fault = struck(FaultKind::clock_offset, call)) {
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
    ++requests_;
    Call call = read(request, now, now.steady);
    const std::size_t entry = ledger_.size();
    if (options_.keep_ledger) {
        ledger_.emplace_back();
    }
    if (lost_on_the_way(call)) {
        return finish(call, entry);
    }
    if (const Fault* fault = struck(FaultKind::delay_execution, call)) {
        const LandingId id{next_landing_++};
        landings_.emplace(id, Landing{request, now.steady, entry});
        call.blame(*fault);
        call.answer.delay = fault->delay;
        call.answer.landing = id;
        return finish(call, entry);
    }
    decide(call);
    injure(call);
    return finish(call, entry);
}

Answer Apple::land(LandingId id, common::Now now) {
    auto landing = landings_.extract(id);
    INVARIANT(!landing.empty(), "a request lands once");
    Call call = read(landing.mapped().request, now, landing.mapped().received);
    call.entry.fault = FaultKind::delay_execution;
    decide(call);
    injure(call);
    return finish(call, landing.mapped().entry);
}

bool Apple::lost_on_the_way(Call& call) {
    const Fault* fault = faults_.lost_on_the_way(call.target(), call.now.steady, call.answer);
    if (fault != nullptr) {
        call.blame(*fault);
    }
    return fault != nullptr;
}

// Faults that answer at the places where Apple's own checks are; true when the call ends here.
bool Apple::turned_away(Call& call) {
    const auto ends = [&](FaultKind kind, int status) {
        const Fault* fault = struck(kind, call);
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
    if (const Fault* fault = struck(FaultKind::throttle, call)) {
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
    call.entry.status = call.answer.status;
}

void Apple::look_up(Call& call) {
    LedgerEntry& entry = call.entry;
    entry.accounts = *entry.action == core::Action::update
                         ? store_.update(entry.shop, entry.value, entry.replacement)
                         : store_.erase(entry.shop, entry.value);
    answer_with(call.answer, entry.accounts > 0 ? 204 : 404);
}

void Apple::injure(Call& call) {
    if (const Fault* fault = faults_.injured(call.target(), call.now.steady, call.answer)) {
        call.blame(*fault);
    }
}

Answer Apple::finish(Call& call, std::size_t entry) {
    call.entry.wire = call.answer.wire;
    call.entry.answered = call.now.steady + (call.answer.landing ? common::Duration{} : call.answer.delay);
    if (options_.keep_ledger) {
        ledger_.at(entry) = std::move(call.entry);
    }
    return std::move(call.answer);
}

}  // namespace sim
