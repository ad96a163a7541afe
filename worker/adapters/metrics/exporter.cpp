#include "worker/adapters/metrics/exporter.hpp"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

#include "worker/adapters/metrics/page.hpp"
#include "worker/core/identity/problem.hpp"

namespace metrics {
namespace {

template <class Number>
double number(Number value) {
    return static_cast<double>(value);
}

std::vector<std::string> labels(std::string_view one) {
    return {std::string{one}};
}
std::vector<std::string> labels(std::string_view one, std::string_view two) {
    return {std::string{one}, std::string{two}};
}

// What a gate or a breaker is known by, and one label more if there is one.
template <class Held>
std::vector<std::string> labels_of(const Held& held, std::string_view more = {}) {
    std::vector<std::string> all{std::string{core::api_name(held.api)}, held.credential};
    if constexpr (requires { held.action; }) {
        all.emplace_back(core::action_name(held.action));
    }
    if (!more.empty()) {
        all.emplace_back(more);
    }
    return all;
}

void add_counters(Page& page, const core::Counters& counters) {
    for (std::size_t type = 0; type < core::event_types.size(); ++type) {
        const std::string_view name = core::type_name(core::event_types[type]);
        page.set(Metric::events, labels(name), number(counters.events[type]));
        for (std::size_t at = 0; at < core::outcomes.size(); ++at) {
            page.set(
                Metric::events_settled, labels(name, core::outcome_name(core::outcomes[at])),
                number(counters.events_settled[type][at]));
        }
    }
    for (std::size_t action = 0; action < core::actions.size(); ++action) {
        for (std::size_t at = 0; at < core::outcomes.size(); ++at) {
            page.set(
                Metric::commands,
                labels(core::action_name(core::actions[action]), core::outcome_name(core::outcomes[at])),
                number(counters.commands[action][at]));
        }
    }
    const auto classes = core::answer_classes();
    for (std::size_t at = 0; at < std::min(classes.size(), counters.attempts.size()); ++at) {
        page.set(Metric::attempts, labels(classes[at]), number(counters.attempts[at]));
    }
    for (std::size_t at = 0; at < core::dead_letter_reasons.size(); ++at) {
        page.set(
            Metric::dead_letters, labels(core::reason_name(core::dead_letter_reasons[at])),
            number(counters.dead_letters[at]));
    }
    for (std::size_t at = 0; at < counters.notifications_refused.size(); ++at) {
        page.set(
            Metric::notifications_refused, labels(core::identity_codes[at].code),
            number(counters.notifications_refused[at]));
    }
    const std::pair<Metric, std::uint64_t> plain[] = {
        {Metric::retries, counters.retries},
        {Metric::free_retries, counters.free_retries},
        {Metric::canaries, counters.canaries},
        {Metric::dead_letters_without_value, counters.dead_letters_without_value},
        {Metric::heads_given_up, counters.heads_given_up},
        {Metric::exhaustions_withheld, counters.exhaustions_withheld},
        {Metric::rejections_withheld, counters.rejections_withheld},
        {Metric::standstills, counters.standstills},
        {Metric::notifications_verified, counters.notifications_verified},
        {Metric::key_sets, counters.key_sets},
        {Metric::sessions_not_asked, counters.sessions_not_asked},
        {Metric::receipts, counters.receipts},
        {Metric::store_failures, counters.store_failures},
        {Metric::records, counters.records},
        {Metric::records_already_finished, counters.records_already_finished},
        {Metric::records_of_old_epochs, counters.records_of_old_epochs},
        {Metric::key_not_subject, counters.key_not_subject},
        {Metric::commits, counters.commits},
        {Metric::commit_failures, counters.commit_failures},
        {Metric::offset_maps_cut, counters.offset_maps_cut},
        {Metric::offset_maps_ignored, counters.offset_maps_ignored},
        {Metric::rebalances, counters.rebalances},
    };
    for (const auto& [metric, value] : plain) {
        page.set(metric, number(value));
    }
}

void add_gates(Page& page, const core::Status& status) {
    for (const core::GateStatus& gate : status.gates) {
        page.set(Metric::gate_state, labels_of(gate, core::state_name(gate.state)), 1);
        page.set(Metric::gate_reason, labels_of(gate, core::reason_name(gate.reason)), 1);
        page.set(Metric::gate_closed, labels_of(gate), common::seconds(gate.closed_for));
        page.set(Metric::gate_lanes_waiting, labels_of(gate), number(gate.lanes_waiting));
    }
    for (const core::BreakerStatus& breaker : status.breakers) {
        page.set(Metric::breaker_state, labels_of(breaker, core::state_name(breaker.state)), 1);
        page.set(Metric::breaker_open, labels_of(breaker), common::seconds(breaker.open_for));
    }
    for (const core::EndpointStatus& endpoint : status.endpoints) {
        page.set(Metric::endpoint_streams, labels(endpoint.name), number(endpoint.capacity));
    }
}

void add_partitions(Page& page, const core::Status& status) {
    std::size_t paused = 0;
    for (const core::PartitionStatus& one : status.partitions) {
        const auto name = labels(one.partition.topic, fmt::to_string(one.partition.partition));
        page.set(Metric::partition_committed_offset, name, number(one.committed.value));
        page.set(Metric::partition_unsettled, name, number(one.unsettled));
        page.set(Metric::partition_span, name, number(one.span));
        page.set(Metric::partition_map_characters, name, number(one.map_chars));
        paused += one.paused ? 1U : 0U;
    }
    page.set(Metric::partitions_assigned, number(status.partitions.size()));
    page.set(Metric::partitions_paused, number(paused));
}

void add_gauges(Page& page, const core::Status& status) {
    page.set(
        Metric::oldest_unexecuted, labels(owed_states[0]),
        common::seconds(
            std::max(common::Duration::zero(), status.oldest_unexecuted.value_or(common::Duration{}))));
    for (const core::Wait wait : core::wait_kinds) {
        const auto& oldest = status.oldest_by_wait.at(static_cast<std::size_t>(wait));
        page.set(
            Metric::oldest_by_wait, labels(core::wait_name(wait)),
            common::seconds(oldest.value_or(common::Duration{})));
    }
    page.set(
        Metric::standstill_seconds,
        common::seconds(status.standstill ? status.standstill->lasts : common::Duration{}));
    page.set(Metric::key_set_age, common::seconds(status.key_set_age.value_or(common::Duration{})));
    const std::size_t lanes[] = {
        status.lanes_ready, status.lanes_waiting, status.lanes_held, status.lanes_limited};
    for (std::size_t at = 0; at < lane_states.size(); ++at) {
        page.set(Metric::lanes, labels(lane_states[at]), number(lanes[at]));
    }
    const std::pair<Metric, std::size_t> plain[] = {
        {Metric::in_flight, status.in_flight},
        {Metric::in_flight_limit, status.in_flight_max},
        {Metric::notifications_remembered, status.notifications_remembered},
        {Metric::sessions_remembered, status.sessions_remembered},
        {Metric::lanes_open, status.lanes},
        {Metric::records_buffered, status.records_buffered},
        {Metric::buffered_bytes, status.bytes_buffered},
        {Metric::stores_in_flight, status.stores_in_flight},
        {Metric::draining, status.draining ? 1U : 0U},
    };
    for (const auto& [metric, value] : plain) {
        page.set(metric, number(value));
    }
}

}  // namespace

Exporter::Exporter(const Names& names) {
    Page page{names};
    page.set(Metric::build_info, {names.version}, 1);
    empty_ = std::make_unique<const Page>(std::move(page));
}

Exporter::~Exporter() = default;

std::string Exporter::render(const Scrape& scrape) const {
    Page page = *empty_;
    for (std::size_t type = 0; type < core::event_types.size(); ++type) {
        for (std::size_t at = 0; at < core::achieved_outcomes.size(); ++at) {
            page.set(
                Metric::time_to_execute,
                labels(
                    core::type_name(core::event_types[type]),
                    core::outcome_name(core::achieved_outcomes[at])),
                scrape.stats.time_to_execute[type][at]);
        }
    }
    page.set(Metric::exchange, {}, scrape.stats.exchange_seconds);
    page.set(Metric::loop_turn, {}, scrape.loop_turn);
    page.set(Metric::loop_delay, {}, scrape.loop_delay);
    add_counters(page, scrape.stats.counters);
    add_gauges(page, scrape.status);
    add_gates(page, scrape.status);
    add_partitions(page, scrape.status);
    for (const Sample& sample : scrape.others) {
        page.set(sample.metric, sample.labels, sample.value);
    }
    return prometheus::TextSerializer{}.Serialize(page.families());
}

}  // namespace metrics
