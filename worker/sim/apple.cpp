#include "worker/sim/apple.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/invariant.hpp"
#include "worker/sim/apple_body.hpp"

namespace sim {
namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr common::Duration endless_throttle = std::chrono::seconds{60};  // what a window without end says

common::WallTime shifted(common::WallTime time, common::Duration by) {
    return time + std::chrono::ceil<std::chrono::milliseconds>(by);
}

}  // namespace

// One request on its way through the checks.
struct Apple::Call {
    const Request* request;
    common::Now now;
    common::WallTime clock;  // Apple's
    TokenVerdict token{};
    std::optional<RequestBody> body{};
    LedgerEntry entry{};
    Answer answer{};

    void blame(const Fault& fault) {
        if (!entry.fault) {
            entry.fault = fault.kind;
        }
    }
};

Apple::Apple(TokenCheck check, Choose choose, AppleOptions options)
    : check_{std::move(check)}, choose_{std::move(choose)}, options_{options} {}

void Apple::script(std::vector<Fault> faults) {
    faults_ = std::move(faults);
    strikes_.clear();
}

void Apple::add(Fault fault) {
    faults_.push_back(std::move(fault));
}

void Apple::forget_ledger() {
    INVARIANT(landings_.empty(), "a late request still has to be entered into the ledger");
    ledger_.clear();
}

const Fault* Apple::struck(FaultKind kind, const Call& call) {
    for (std::size_t index = 0; index < faults_.size(); ++index) {
        const Fault& fault = faults_[index];
        const bool open =
            fault.kind == kind && fault.from <= call.now.steady && call.now.steady < fault.until;
        if (!open || (!fault.bundle_id.empty() && fault.bundle_id != call.token.bundle_id) ||
            (fault.environment && *fault.environment != call.request->environment) ||
            (fault.action && fault.action != call.entry.action) ||
            (!fault.values.empty() && !fault.values.contains(call.entry.value))) {
            continue;
        }
        const auto odds = static_cast<std::uint64_t>(fault.probability * static_cast<double>(million));
        if (odds < million && (odds == 0 || choose_(million) >= odds)) {
            continue;
        }
        if (fault.strikes_a_value_max > 0 &&
            ++strikes_[{index, call.entry.value}] > fault.strikes_a_value_max) {
            continue;
        }
        return &fault;
    }
    return nullptr;
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
    constexpr std::pair<FaultKind, Wire> ways[] = {
        {FaultKind::refuse_stream, Wire::refused_stream},
        {FaultKind::go_away, Wire::go_away},
        {FaultKind::drop_request, Wire::reset},
        {FaultKind::close_unexecuted, Wire::close},
    };
    for (const auto& [kind, wire] : ways) {
        if (const Fault* fault = struck(kind, call)) {
            call.blame(*fault);
            call.answer.wire = wire;
            return true;
        }
    }
    return false;
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
        throttle(call, *fault);
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

void Apple::throttle(Call& call, const Fault& fault) const {
    call.blame(fault);
    answer_with(call.answer, 429, BodyForm::json);
    common::Duration wait = endless_throttle;
    if (fault.retry_after_in) {
        wait = *fault.retry_after_in;
    } else if (fault.until != common::never) {
        wait = fault.until - call.now.steady;
    }
    call.answer.retry_after = retry_after_text(fault.retry_after, shifted(call.clock, wait), call.clock);
    if (fault.retry_after <= RetryAfterForm::http_date) {
        call.entry.not_before = call.now.steady + wait;
    }
}

void Apple::injure(Call& call) {
    Answer& answer = call.answer;
    constexpr std::pair<FaultKind, Wire> ways[] = {
        {FaultKind::lose_answer, Wire::reset},
        {FaultKind::close_executed, Wire::close},
        {FaultKind::tear_body, Wire::torn_body},
        {FaultKind::stall, Wire::stall},
    };
    for (const auto& [kind, wire] : ways) {
        if (kind == FaultKind::tear_body && answer.body.empty()) {
            continue;
        }
        if (const Fault* fault = struck(kind, call)) {
            call.blame(*fault);
            answer.wire = wire;
            break;
        }
    }
    if (const Fault* fault = struck(FaultKind::delay_answer, call)) {
        call.blame(*fault);
        answer.delay = fault->delay;
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
