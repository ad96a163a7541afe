#include "worker/adapters/admin/status_json.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "worker/core/settle/text.hpp"

namespace admin {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(const std::optional<common::Duration>& duration) {
    return duration ? Json(common::seconds(*duration)) : Json(nullptr);
}

Json oldest_by_wait(const core::Status& status) {
    Json all = Json::object();
    for (const core::Wait wait : core::wait_kinds) {
        all[std::string{core::wait_name(wait)}] =
            seconds_or_null(status.oldest_by_wait.at(static_cast<std::size_t>(wait)));
    }
    return all;
}

Json gate(const core::GateStatus& status) {
    return {
        {"api", core::api_name(status.api)},
        {"credential", status.credential},
        {"state", core::state_name(status.state)},
        {"reason", core::reason_name(status.reason)},
        {"closed_for_seconds", common::seconds(status.closed_for)},
        {"reopens_in_seconds", seconds_or_null(status.reopens_in)},
        {"lanes_waiting", status.lanes_waiting}};
}

Json breaker(const core::BreakerStatus& status) {
    return {
        {"api", core::api_name(status.api)},
        {"credential", status.credential},
        {"action", core::action_name(status.action)},
        {"state", core::state_name(status.state)},
        {"open_for_seconds", common::seconds(status.open_for)}};
}

Json endpoint(const core::EndpointStatus& status) {
    return {{"endpoint", status.name}, {"streams", status.capacity}};
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

// When something that lasts so long from now on ends; null: not known.
Json time_or_null(common::WallTime now, const std::optional<common::Duration>& left) {
    if (!left) {
        return nullptr;
    }
    std::string text;
    core::append_rfc3339(text, now + std::chrono::ceil<common::WallTime::duration>(*left));
    return text;
}

Json hold(const core::Barrier& held, common::WallTime now) {
    return {
        {"by", core::barrier_name(held.by)},
        {"state", held.state},
        {"reason", held.reason},
        {"closed_for_seconds", common::seconds(held.closed_for)},
        {"next_try_in_seconds", seconds_or_null(held.next_try_in)},
        {"next_try_at", time_or_null(now, held.next_try_in)}};
}

template <class Values, class Make>
Json list(const Values& values, Make make) {
    Json all = Json::array();
    for (const auto& value : values) {
        all.push_back(make(value));
    }
    return all;
}

Json lane(const core::LanePlace& place, common::WallTime now) {
    return {
        {"records_ahead", place.ahead},
        {"front", place.front ? Json(core::position_text(place.front->partition, place.front->offset))
                              : Json(nullptr)},
        {"credential", place.credential},
        {"command", place.command},
        {"commands", place.commands},
        {"attempts", place.attempts},
        {"attempts_counted", place.charged},
        {"attempts_limit", place.attempts_max},
        {"last_answer", place.last_answer},
        {"last_http_status", place.last_http_status ? Json(*place.last_http_status) : Json(nullptr)},
        {"in_flight_for_seconds", seconds_or_null(place.in_flight_for)},
        {"retry_in_seconds", seconds_or_null(place.retry_in)},
        {"retry_at", time_or_null(now, place.retry_in)},
        {"held_by", list(place.barriers, [now](const core::Barrier& each) { return hold(each, now); })}};
}

}  // namespace

std::string status_json(const core::Status& status, std::string_view version) {
    const auto& still = status.standstill;
    const Json page{
        {"version", version},
        {"draining", status.draining},
        {"oldest_unexecuted_seconds", seconds_or_null(status.oldest_unexecuted)},
        {"oldest_unexecuted_by_wait_seconds", oldest_by_wait(status)},
        {"stands_still_for_seconds", still ? Json(common::seconds(still->lasts)) : Json(nullptr)},
        {"stands_still_at",
         still && still->partition
             ? Json(fmt::format("{}/{}", still->partition->topic, still->partition->partition))
             : Json(nullptr)},
        {"in_flight", status.in_flight},
        {"in_flight_limit", status.in_flight_max},
        {"lanes",
         {{"open", status.lanes},
          {"ready", status.lanes_ready},
          {"waiting", status.lanes_waiting},
          {"held", status.lanes_held},
          {"limited", status.lanes_limited}}},
        {"records_buffered", status.records_buffered},
        {"records_buffered_bytes", status.bytes_buffered},
        {"stores_in_flight", status.stores_in_flight},
        {"gates", list(status.gates, gate)},
        {"breakers", list(status.breakers, breaker)},
        {"endpoints", list(status.endpoints, endpoint)},
        {"partitions", list(status.partitions, partition)}};
    // Topic names come from Kafka; a page must not fail because of one.
    return page.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string record_json(
    const core::RecordStatus& status, const core::Position& asked, common::WallTime now,
    std::string_view version) {
    Json page{
        {"version", version},
        {"record", core::position_text(asked.partition, asked.offset)},
        {"stage", core::stage_name(status.stage)}};
    if (status.stage != core::RecordStage::elsewhere) {
        page["committed_offset"] = status.committed.value;
        page["committable_offset"] = status.committable.value;
        page["next_offset_read"] = status.position.value;
        page["paused"] = status.paused;
        page["revoking"] = status.leaving;
        page["lane"] = status.lane ? lane(*status.lane, now) : Json(nullptr);
    }
    return page.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace admin
