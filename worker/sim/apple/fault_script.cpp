#include "worker/sim/apple/fault_script.hpp"

#include <chrono>

namespace sim {
namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr common::Duration endless_throttle = std::chrono::seconds{60};  // what a window without end says

bool within_scope(const Fault& fault, const FaultTarget& target) {
    return (fault.bundle_id.empty() || fault.bundle_id == target.app) &&
           (!fault.environment || *fault.environment == target.environment) &&
           (!fault.action || fault.action == target.action) &&
           (fault.path.empty() || fault.path == target.path) &&
           (fault.values.empty() || fault.values.contains(target.value));
}

}  // namespace

void FaultScript::replace(std::vector<Fault> faults) {
    faults_ = std::move(faults);
    strikes_.clear();
}

const Fault* FaultScript::struck(FaultKind kind, const FaultTarget& target, common::Instant now) {
    for (std::size_t index = 0; index < faults_.size(); ++index) {
        const Fault& fault = faults_[index];
        const bool open = fault.kind == kind && fault.from <= now && now < fault.until;
        if (!open || !within_scope(fault, target)) {
            continue;
        }
        const auto odds = static_cast<std::uint64_t>(fault.probability * static_cast<double>(million));
        if (odds < million && (odds == 0 || choose_(million) >= odds)) {
            continue;
        }
        if (fault.strikes_a_value_max > 0 &&
            ++strikes_[{index, std::string{target.value}}] > fault.strikes_a_value_max) {
            continue;
        }
        return &fault;
    }
    return nullptr;
}

const Fault* FaultScript::lost_on_the_way(const FaultTarget& target, common::Instant now, Answer& answer) {
    constexpr std::pair<FaultKind, Wire> ways[] = {
        {FaultKind::refuse_stream, Wire::refused_stream},
        {FaultKind::go_away, Wire::go_away},
        {FaultKind::drop_request, Wire::reset},
        {FaultKind::close_unexecuted, Wire::close},
    };
    for (const auto& [kind, wire] : ways) {
        if (const Fault* fault = struck(kind, target, now)) {
            answer.wire = wire;
            return fault;
        }
    }
    return nullptr;
}

const Fault* FaultScript::injured(const FaultTarget& target, common::Instant now, Answer& answer) {
    constexpr std::pair<FaultKind, Wire> ways[] = {
        {FaultKind::lose_answer, Wire::reset},
        {FaultKind::close_executed, Wire::close},
        {FaultKind::tear_body, Wire::torn_body},
        {FaultKind::stall, Wire::stall},
    };
    const Fault* first = nullptr;
    for (const auto& [kind, wire] : ways) {
        if (kind == FaultKind::tear_body && answer.body.empty()) {
            continue;
        }
        if (const Fault* fault = struck(kind, target, now)) {
            first = fault;
            answer.wire = wire;
            break;
        }
    }
    if (const Fault* fault = struck(FaultKind::delay_answer, target, now)) {
        first = first == nullptr ? fault : first;
        answer.delay = fault->delay;
    }
    return first;
}

common::WallTime shifted(common::WallTime time, common::Duration by) {
    return time + std::chrono::ceil<std::chrono::milliseconds>(by);
}

common::Instant answer_throttled(
    Answer& answer, const Fault& fault, common::Instant now, common::WallTime clock) {
    answer_with(answer, 429, BodyForm::json);
    common::Duration wait = endless_throttle;
    if (fault.retry_after_in) {
        wait = *fault.retry_after_in;
    } else if (fault.until != common::never) {
        wait = fault.until - now;
    }
    answer.retry_after = retry_after_text(fault.retry_after, shifted(clock, wait), clock);
    return fault.retry_after <= RetryAfterForm::http_date ? now + wait : common::Instant::min();
}

}  // namespace sim
