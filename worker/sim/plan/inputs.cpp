#include "worker/sim/plan/inputs.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>

namespace sim {

namespace {

using namespace std::chrono_literals;

// The first bucket whose bound, its first value too many, is above the value.
template <class Value>
std::size_t bucket_below(Value value, std::initializer_list<Value> bounds) {
    return static_cast<std::size_t>(
        std::find_if(bounds.begin(), bounds.end(), [&](const Value& bound) { return value < bound; }) -
        bounds.begin());
}

std::string_view ce_type(const PlannedRecord& record) {
    for (const core::Header& header : record.headers) {
        if (header.name == "ce_type") {
            return header.value ? std::string_view{*header.value}
                                : std::string_view{};  // points into the plan
        }
    }
    return {};
}

}  // namespace

void Inputs::count_world(const Swarm& swarm, const Plan& plan) {
    count(Input::workers, swarm.workers - 1);
    count(Input::partitions, swarm.partitions - 1);
    count(Input::accounts, bucket_below<std::size_t>(swarm.accounts, {4, 10}));
    count(Input::records, bucket_below<std::size_t>(swarm.records, {10, 40, 120}));
    count(Input::apps, swarm.apps - 1);
    count(Input::calm_after, bucket_below<common::Duration>(swarm.calm_after, {10s, 30s, 60s}));
    std::size_t classes = 0;
    for (const FaultClass& fault : fault_classes) {
        if (swarm.*fault.on) {
            ++classes;
            count(Input::fault_class, static_cast<std::size_t>(&fault - fault_classes.data()));
        }
    }
    count(Input::classes_at_once, bucket_below<std::size_t>(classes, {1, 4, 9, 16}));
    std::map<std::size_t, std::size_t> by_account;
    std::size_t busiest = 0;
    for (const PlannedRecord& record : plan.records) {
        count_record(plan, record);
        busiest = std::max(busiest, ++by_account[record.account]);
    }
    count(
        Input::busiest_account,
        bucket_below<std::size_t>(busiest * 8, {swarm.records, swarm.records * 2, swarm.records * 4}));
    count_settings(swarm.settings);
}

void Inputs::count_record(const Plan& plan, const PlannedRecord& record) {
    count(Input::record, static_cast<std::size_t>(record.kind));
    count(
        Input::record_bytes, bucket_below<std::size_t>(bytes_of(record), {200, 400, 600, record_bytes_max}));
    count(Input::key, !record.key ? 1U : *record.key == plan.accounts[record.account].name ? 0U : 2U);
    if (record.kind == RecordKind::invalid) {
        return;
    }
    const bool binary = !ce_type(record).empty();
    count(Input::envelope, binary ? 1 : 0);
    count(Input::commands, std::min<std::size_t>(record.commands.size(), 3));
    for (const PlannedCommand& command : record.commands) {
        count(Input::action, command.action == core::Action::update ? 0 : 1);
    }
    for (std::size_t type = 0; type < core::event_types.size(); ++type) {
        const std::string_view name = core::type_name(core::event_types[type]);
        if (binary ? ce_type(record) == name : record.value->find(name) != std::string::npos) {
            count(Input::event_type, type);
        }
    }
}

void Inputs::count_settings(const core::Settings& settings) {
    const core::Settings usual;
    const bool on[] = {
        settings.credentials.front().requests_per_second > 0,
        settings.receipts_topic.empty(),
        !settings.breaker.canary,
        settings.in_flight_max <= 4,
        settings.records_buffered_max <= 20,
        settings.bytes_buffered_max < usual.bytes_buffered_max,
        settings.stores_in_flight_max <= 8,
        settings.span_max < usual.span_max,
        settings.commit_completions <= 5,
        settings.say_outcomes,
        settings.rejected_at_once_max < usual.rejected_at_once_max};
    for (std::size_t bucket = 0; bucket < std::size(on); ++bucket) {
        if (on[bucket]) {
            count(Input::setting, bucket);
        }
    }
}

void Inputs::count_fault(FaultKind kind) {
    constexpr std::array counted{FaultKind::lose_answer,    FaultKind::drop_request,
                                 FaultKind::delay_answer,   FaultKind::delay_execution,
                                 FaultKind::stall,          FaultKind::refuse_credential,
                                 FaultKind::forbid,         FaultKind::throttle,
                                 FaultKind::fail,           FaultKind::reject_value,
                                 FaultKind::fail_value,     FaultKind::refuse_stream,
                                 FaultKind::go_away,        FaultKind::close_unexecuted,
                                 FaultKind::close_executed, FaultKind::tear_body};
    const auto found = std::find(counted.begin(), counted.end(), kind);
    count(Input::fault_at_apple, static_cast<std::size_t>(found - counted.begin()));
}

}  // namespace sim
