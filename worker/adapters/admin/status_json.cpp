#include "worker/adapters/admin/status_json.hpp"

#include <nlohmann/json.hpp>

namespace admin {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(const std::optional<common::Duration>& duration) {
    return duration ? Json(common::seconds(*duration)) : Json(nullptr);
}

Json gate(const core::GateStatus& status) {
    return {
        {"app", status.app},
        {"state", core::state_name(status.state)},
        {"reason", core::reason_name(status.reason)},
        {"closed_for_seconds", common::seconds(status.closed_for)},
        {"reopens_in_seconds", seconds_or_null(status.reopens_in)},
        {"lanes_waiting", status.lanes_waiting}};
}

Json breaker(const core::BreakerStatus& status) {
    return {
        {"endpoint", status.endpoint},
        {"state", core::state_name(status.state)},
        {"open_for_seconds", common::seconds(status.open_for)},
        {"streams", status.capacity}};
}

Json partition(const core::PartitionStatus& status) {
    return {
        {"topic", status.partition.topic},
        {"partition", status.partition.partition},
        {"epoch", status.epoch.value},
        {"committed_offset", status.committed.value},
        {"committable_offset", status.committable.value},
        {"unsettled_records", status.unsettled},
        {"span_offsets", status.span},
        {"offset_map_characters", status.map_chars},
        {"paused", status.paused},
        {"revoking", status.revoking}};
}

template <class Values, class Make>
Json list(const Values& values, Make make) {
    Json all = Json::array();
    for (const auto& value : values) {
        all.push_back(make(value));
    }
    return all;
}

}  // namespace

std::string status_json(const core::Status& status, std::string_view version) {
    const Json page{
        {"version", version},
        {"draining", status.draining},
        {"oldest_unexecuted_seconds", seconds_or_null(status.oldest_unexecuted)},
        {"stands_still_for_seconds", seconds_or_null(status.stands_still_for)},
        {"in_flight", status.in_flight},
        {"in_flight_limit", status.in_flight_max},
        {"lanes",
         {{"open", status.lanes},
          {"ready", status.lanes_ready},
          {"waiting", status.lanes_waiting},
          {"held", status.lanes_held}}},
        {"records_buffered", status.records_buffered},
        {"records_buffered_bytes", status.bytes_buffered},
        {"stores_in_flight", status.stores_in_flight},
        {"gates", list(status.gates, gate)},
        {"breakers", list(status.breakers, breaker)},
        {"partitions", list(status.partitions, partition)}};
    // Topic names come from Kafka; a page must not fail because of one.
    return page.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace admin
