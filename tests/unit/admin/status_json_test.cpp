#include "worker/adapters/admin/status_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace std::chrono_literals;

TEST_CASE("the status of an idle worker is whole, with null where there is nothing to tell") {
    const auto page = nlohmann::json::parse(admin::status_json(core::Status{}, "1.2.3"));
    CHECK(page.at("version") == "1.2.3");
    CHECK(page.at("draining") == false);
    CHECK(page.at("oldest_unexecuted_seconds").is_null());
    CHECK(page.at("oldest_unexecuted_by_wait_seconds").at("held").is_null());
    CHECK(page.at("oldest_unexecuted_by_wait_seconds").size() == core::wait_kinds.size());
    CHECK(page.at("gates").empty());
    CHECK(page.at("gates").is_array());
    CHECK(page.at("partitions").is_array());
}

TEST_CASE("gates, breakers, lanes and partitions are shown with their names and units") {
    core::Status status;
    status.oldest_unexecuted = 2500ms;
    status.oldest_by_wait[static_cast<std::size_t>(core::Wait::held)] = 2500ms;
    status.lanes_held = 3;
    core::GateStatus gate;
    gate.credential = "tv";
    gate.state = core::GateState::closed;
    gate.reason = core::GateReason::credential_refused;
    gate.reopens_in = 4s;
    status.gates.push_back(gate);
    core::BreakerStatus breaker;
    breaker.credential = "tv";
    breaker.action = core::Action::update;
    status.breakers.push_back(breaker);
    status.endpoints.push_back({.name = "api.example", .capacity = 8});
    core::PartitionStatus partition;
    partition.partition = {"events \xff", 7};
    partition.committed = core::Offset{42};
    status.partitions.push_back(partition);

    const auto page = nlohmann::json::parse(admin::status_json(status, "1"));
    CHECK(page.at("oldest_unexecuted_seconds") == 2.5);
    CHECK(page.at("oldest_unexecuted_by_wait_seconds").at("held") == 2.5);
    CHECK(page.at("lanes").at("held") == 3);
    CHECK(page.at("gates").at(0).at("credential") == "tv");
    CHECK(page.at("gates").at(0).at("state") == core::state_name(core::GateState::closed));
    CHECK(page.at("gates").at(0).at("reopens_in_seconds") == 4.0);
    CHECK(page.at("gates").at(0).at("api") == "automatic_sign_in");
    CHECK(page.at("breakers").at(0).at("action") == "update");
    CHECK(page.at("endpoints").at(0).at("streams") == 8);
    CHECK(page.at("partitions").at(0).at("partition") == 7);
    CHECK(page.at("partitions").at(0).at("committed_offset") == 42);
}
