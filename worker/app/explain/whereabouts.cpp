#include "worker/app/explain/whereabouts.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace app::explain {

namespace {

using nlohmann::json;

std::string in_the_log(const json& partition, core::Offset offset) {
    const auto committed = partition.at("committed_offset").get<std::int64_t>();
    const auto committable = partition.at("committable_offset").get<std::int64_t>();
    const auto unsettled = partition.at("unsettled_records").get<std::uint64_t>();
    if (offset.value < committable) {
        return offset.value < committed
                   ? std::string{"settled and committed: executed, dead-lettered or nothing to do; its receipt says which"}
                   : std::string{"settled, about to be committed; its receipt says how it ended"};
    }
    if (offset.value == committable && unsettled > 0) {
        return "not settled, and the first of its partition: commits wait for it";
    }
    if (unsettled == 0) {
        return fmt::format(
            "not read yet: everything below {} is settled and nothing is under way", committable);
    }
    return fmt::format(
        "not certainly settled: everything below {} is, {} records of the partition are under way or this "
        "one is "
        "not read yet",
        committable, unsettled);
}

void tell_gate(const json& status, const std::string& app, std::vector<std::string>& told) {
    for (const json& gate : status.at("gates")) {
        if (gate.at("app") != app || gate.at("state") == "open") {
            continue;
        }
        const json& reopens = gate.at("reopens_in_seconds");
        told.push_back(fmt::format(
            "commands of {} are held: its gate is {} ({}), {}", app, gate.at("state").get<std::string>(),
            gate.at("reason").get<std::string>(),
            reopens.is_null() ? std::string{"a probe is due"}
                              : fmt::format("next try in {:.1f} s", reopens.get<double>())));
    }
}

void tell_breaker(const json& status, const std::string& host, std::vector<std::string>& told) {
    for (const json& breaker : status.at("breakers")) {
        if (breaker.at("endpoint") == host && breaker.at("state") != "closed") {
            told.push_back(fmt::format(
                "commands to {} are held: its breaker is {}, for {:.0f} s now", host,
                breaker.at("state").get<std::string>(), breaker.at("open_for_seconds").get<double>()));
        }
    }
}

}  // namespace

common::Result<std::vector<std::string>> whereabouts(
    std::string_view status_json, const core::Position& position, const std::string& app,
    const std::string& host) {
    const json status = json::parse(status_json, nullptr, false);
    std::vector<std::string> told;
    try {
        for (const json& partition : status.at("partitions")) {
            if (partition.at("topic") == position.partition.topic &&
                partition.at("partition") == position.partition.partition) {
                told.push_back(in_the_log(partition, position.offset));
            }
        }
        if (told.empty()) {
            return std::vector<std::string>{
                "this worker does not own the partition now: ask the one that does"};
        }
        if (!told.front().starts_with("settled")) {
            tell_gate(status, app, told);
            tell_breaker(status, host, told);
        }
    } catch (const json::exception&) {
        return common::Error{"--admin-url: what answers there is not a worker of this version"};
    }
    return told;
}

}  // namespace app::explain
