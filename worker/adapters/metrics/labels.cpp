#include "worker/adapters/metrics/catalogue.hpp"
#include "worker/core/engine/stats.hpp"
#include "worker/core/identity/problem.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/ports/transport_stats.hpp"

namespace metrics {
namespace {

template <class Values, class Name>
std::vector<std::string> names(const Values& values, Name name) {
    std::vector<std::string> all;
    all.reserve(std::size(values));
    for (const auto& value : values) {
        all.emplace_back(name(value));
    }
    return all;
}

constexpr auto as_it_is = [](std::string_view text) { return text; };

}  // namespace

std::string_view label_name(Label label) noexcept {
    switch (label) {
        case Label::none:
            return "";
        case Label::type:
            return "type";
        case Label::outcome:
        case Label::achieved_outcome:
            return "outcome";
        case Label::action:
            return "action";
        case Label::answer:
            return "answer";
        case Label::dead_letter_reason:
        case Label::owed_reason:
        case Label::gate_reason:
        case Label::connection_end:
            return "reason";
        case Label::gate_state:
        case Label::breaker_state:
        case Label::lane_state:
        case Label::owed_state:
            return "state";
        case Label::wait:
            return "wait";
        case Label::identity_code:
            return "code";
        case Label::kafka_error:
            return "kind";
        case Label::api:
            return "api";
        case Label::credential:
        case Label::signer:
            return "credential";
        case Label::endpoint:
            return "endpoint";
        case Label::certificate:
            return "certificate";
        case Label::topic:
            return "topic";
        case Label::partition:
            return "partition";
        case Label::version:
            return "version";
    }
    return "";
}

std::optional<std::vector<std::string>> closed_values(Label label) {
    switch (label) {
        case Label::type:
            return names(core::event_types, core::type_name);
        case Label::outcome:
            return names(core::outcomes, core::outcome_name);
        case Label::achieved_outcome:
            return names(core::achieved_outcomes, core::outcome_name);
        case Label::action:
            return names(core::actions, core::action_name);
        case Label::answer:
            return names(core::answer_classes(), as_it_is);
        case Label::dead_letter_reason:
            return names(
                core::dead_letter_reasons, [](core::DeadLetterReason it) { return core::reason_name(it); });
        case Label::owed_reason: {
            auto all = closed_values(Label::dead_letter_reason).value();
            all.emplace_back(core::reason_word(std::nullopt));
            return all;
        }
        case Label::gate_state:
            return names(core::gate_states, [](core::GateState it) { return core::state_name(it); });
        case Label::gate_reason:
            return names(core::gate_reasons, [](core::GateReason it) { return core::reason_name(it); });
        case Label::breaker_state:
            return names(core::breaker_states, [](core::BreakerState it) { return core::state_name(it); });
        case Label::lane_state:
            return names(lane_states, as_it_is);
        case Label::owed_state:
            return names(owed_states, as_it_is);
        case Label::wait:
            return names(core::wait_kinds, core::wait_name);
        case Label::identity_code:
            return names(core::identity_codes, [](const core::InvalidCode& it) { return it.code; });
        case Label::kafka_error:
            return names(kafka_error_kinds, as_it_is);
        case Label::connection_end:
            return names(ports::connection_ends, ports::end_name);
        case Label::none:
        case Label::api:
        case Label::credential:
        case Label::signer:
        case Label::endpoint:
        case Label::certificate:
        case Label::topic:
        case Label::partition:
        case Label::version:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace metrics
