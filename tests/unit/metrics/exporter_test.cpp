#include "worker/adapters/metrics/exporter.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>  // mkdtemp

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "worker/adapters/metrics/process.hpp"
#include "worker/adapters/metrics/transport.hpp"

using metrics::Exporter;
using metrics::Metric;
using namespace std::chrono_literals;

namespace {

struct World {
    core::Stats stats;
    core::Status status;
    common::Histogram loop_turn{metrics::loop_turn_bounds};
    common::Histogram loop_delay{metrics::loop_turn_bounds};
    std::vector<metrics::Sample> others;
    Exporter exporter{
        {"1.2.3",
         {{core::CredentialKind::app, "tv"},
          {core::CredentialKind::client, "tv"},
          {core::CredentialKind::keyless, "apple_keys"}},
         {"api.example"}}};

    [[nodiscard]] std::string page() const {
        return exporter.render({stats, status, loop_turn, loop_delay, others});
    }
};

// The lines of one family, HELP and TYPE included.
std::string family(const std::string& page, const std::string& name) {
    const std::size_t begin = page.find("# HELP " + name + " ");
    REQUIRE(begin != std::string::npos);
    const std::size_t end = page.find("# HELP ", begin + 1);
    return page.substr(begin, end == std::string::npos ? end : end - begin);
}

bool has_line(const std::string& page, const std::string& line) {
    return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

core::PartitionStatus partition_status(std::string topic, std::int32_t number) {
    core::PartitionStatus one;
    one.partition = {std::move(topic), number};
    one.committed = core::Offset{40};
    one.unsettled = 3;
    one.span = 5;
    one.map_chars = 12;
    one.paused = number == 1;
    return one;
}

}  // namespace

TEST_CASE("from the first scrape on every known combination of labels is there, as 0") {
    const std::string page = World{}.page();
    for (const metrics::Definition& one : metrics::catalogue) {
        const std::string name{one.name};
        CAPTURE(name);
        std::size_t want = 1;
        const bool of_credentials = one.labels[0] == metrics::Label::api;
        for (const metrics::Label label : one.labels) {
            if (of_credentials && label == metrics::Label::action) {
                continue;
            }
            if (const auto values = metrics::closed_values(label)) {
                want *= values->size();
            } else if (label == metrics::Label::signer) {
                want *= 2;  // one credential has no key
            } else if (label == metrics::Label::credential) {
                want *= one.labels[2] == metrics::Label::action ? 5 : 3;  // 2 + 2 + 1 calls
            } else if (label == metrics::Label::topic || label == metrics::Label::certificate) {
                want = 0;
            }
        }
        const std::string series_name = name + (one.kind == metrics::Kind::histogram ? "_count" : "");
        const std::string text = family(page, name);
        std::size_t series = 0;
        std::size_t zeros = 0;
        for (std::size_t at = text.find("\n" + series_name); at != std::string::npos;
             at = text.find("\n" + series_name, at + 1)) {
            const std::size_t end = text.find('\n', at + 1);
            ++series;
            zeros += text.substr(0, end).ends_with(" 0") ? 1U : 0U;
        }
        CHECK(series == want);
        CHECK(zeros == (one.metric == Metric::build_info ? 0 : want));
    }
    for (const core::EventType type : core::event_types) {
        for (const char* outcome : {"executed", "probably_executed", "already_so", "not_found"}) {
            CHECK(has_line(
                page, fmt::format(
                          "autosignin_time_to_execute_seconds_count{{type=\"{}\",outcome=\"{}\"}} 0",
                          core::type_name(type), outcome)));
        }
    }
    CHECK(has_line(page, "autosignin_exchange_seconds_count 0"));
    CHECK(has_line(page, "autosignin_loop_turn_seconds_count 0"));
    CHECK(has_line(page, "autosignin_loop_delay_seconds_count 0"));
    CHECK(has_line(page, "autosignin_build_info{version=\"1.2.3\"} 1"));
}

TEST_CASE("what the engine counted is on the page") {
    World world;
    core::Counters& counters = world.stats.counters;
    counters.events[0] = 7;
    counters.events_settled[0][1] = 6;
    counters.commands[1][0] = 5;
    counters.attempts[0] = 4;
    counters.dead_letters[2] = 3;
    counters.records = 1'234'567;
    world.status.in_flight = 2;
    world.status.lanes_held = 9;
    world.status.lanes_limited = 5;
    world.status.oldest_unexecuted = 1500ms;
    world.status.oldest_by_wait[static_cast<std::size_t>(core::Wait::held)] = 1500ms;
    const std::string page = world.page();

    const auto type = core::type_name(core::event_types[0]);
    CHECK(has_line(page, fmt::format("autosignin_events_total{{type=\"{}\"}} 7", type)));
    CHECK(has_line(
        page, fmt::format(
                  "autosignin_events_settled_total{{type=\"{}\",outcome=\"{}\"}} 6", type,
                  core::outcome_name(core::outcomes[1]))));
    CHECK(has_line(
        page, fmt::format(
                  "autosignin_commands_total{{action=\"delete\",outcome=\"{}\"}} 5",
                  core::outcome_name(core::outcomes[0]))));
    CHECK(has_line(
        page, fmt::format("autosignin_attempts_total{{answer=\"{}\"}} 4", core::answer_classes()[0])));
    CHECK(has_line(page, "autosignin_dead_letters_total{reason=\"exhausted\"} 3"));
    CHECK(has_line(page, "autosignin_records_total 1234567"));
    CHECK(has_line(page, "autosignin_in_flight 2"));
    CHECK(has_line(page, "autosignin_lanes{state=\"held\"} 9"));
    CHECK(has_line(page, "autosignin_lanes{state=\"limited\"} 5"));
    CHECK(has_line(page, "autosignin_oldest_unexecuted_seconds{state=\"received\"} 1.5"));
    CHECK(has_line(page, "autosignin_oldest_waiting_seconds{wait=\"held\"} 1.5"));
    CHECK(has_line(page, "autosignin_oldest_waiting_seconds{wait=\"queued\"} 0"));
}

TEST_CASE("a histogram's buckets are cumulative and end with +Inf") {
    World world;
    // Powers of two, so that the sum is exact.
    for (const double value : {0x1p-14, 0x1p-12, 0x1p-12, 0.5, 77.0}) {
        world.loop_turn.observe(value);
    }
    CHECK(
        family(world.page(), "autosignin_loop_turn_seconds") ==
        "# HELP autosignin_loop_turn_seconds Work of one turn of the loop, without its waiting; long turns "
        "delay "
        "everything.\n"
        "# TYPE autosignin_loop_turn_seconds histogram\n"
        "autosignin_loop_turn_seconds_count 5\n"
        "autosignin_loop_turn_seconds_sum 77.50054931640625\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.0001\"} 1\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.00025\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.0005\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.001\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.0025\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.005\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.01\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.025\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.05\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.1\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"0.25\"} 3\n"
        "autosignin_loop_turn_seconds_bucket{le=\"1\"} 4\n"
        "autosignin_loop_turn_seconds_bucket{le=\"+Inf\"} 5\n");
}

TEST_CASE("a gate is in one state at a time, and so is a breaker") {
    World world;
    core::GateStatus gate;
    gate.credential = "tv";
    gate.state = core::GateState::closed;
    gate.reason = core::GateReason::throttled;
    gate.closed_for = 30s;
    gate.lanes_waiting = 4;
    world.status.gates.push_back(gate);
    core::BreakerStatus breaker;
    breaker.credential = "tv";
    breaker.state = core::BreakerState::half_open;
    world.status.breakers.push_back(breaker);
    world.status.endpoints.push_back({.name = "api.example", .capacity = 100});
    const std::string page = world.page();

    for (const core::GateState state : core::gate_states) {
        CHECK(has_line(
            page, fmt::format(
                      "autosignin_gate_state{{api=\"automatic_sign_in\",credential=\"tv\",state=\"{}\"}} {}",
                      core::state_name(state), state == gate.state ? 1 : 0)));
    }
    for (const core::GateReason reason : core::gate_reasons) {
        CHECK(has_line(
            page,
            fmt::format(
                "autosignin_gate_reason{{api=\"automatic_sign_in\",credential=\"tv\",reason=\"{}\"}} {}",
                core::reason_name(reason), reason == gate.reason ? 1 : 0)));
    }
    for (const core::BreakerState state : core::breaker_states) {
        CHECK(has_line(
            page, fmt::format(
                      "autosignin_breaker_state{{api=\"automatic_sign_in\",credential=\"tv\",action="
                      "\"delete\",state=\"{}\"}} {}",
                      core::state_name(state), state == breaker.state ? 1 : 0)));
    }
    CHECK(has_line(page, "autosignin_gate_closed_seconds{api=\"automatic_sign_in\",credential=\"tv\"} 30"));
    CHECK(has_line(page, "autosignin_gate_lanes_waiting{api=\"automatic_sign_in\",credential=\"tv\"} 4"));
    CHECK(has_line(page, "autosignin_endpoint_streams{endpoint=\"api.example\"} 100"));
}

TEST_CASE("partitions come and go with the assignment") {
    World world;
    world.status.partitions = {partition_status("events", 0), partition_status("events", 1)};
    const std::string page = world.page();
    CHECK(has_line(page, "autosignin_partition_committed_offset{topic=\"events\",partition=\"0\"} 40"));
    CHECK(has_line(page, "autosignin_partition_span_offsets{topic=\"events\",partition=\"1\"} 5"));
    CHECK(has_line(page, "autosignin_partitions_assigned 2"));
    CHECK(has_line(page, "autosignin_partitions_paused 1"));

    world.status.partitions.clear();
    CHECK(world.page().find("partition=\"0\"") == std::string::npos);
}

TEST_CASE("samples of other adapters replace the zeros, and label values are escaped") {
    World world;
    world.others = {
        {Metric::kafka_errors, {"tls"}, 2},
        {Metric::connections, {"api.example"}, 3},
        {Metric::partition_lag, {"a\"b\nc", "0"}, 17},
    };
    const std::string page = world.page();
    CHECK(has_line(page, "autosignin_kafka_errors_total{kind=\"tls\"} 2"));
    CHECK(has_line(page, "autosignin_kafka_errors_total{kind=\"fenced\"} 0"));
    CHECK(has_line(page, "autosignin_connections{endpoint=\"api.example\"} 3"));
    CHECK(has_line(page, "autosignin_partition_lag_records{topic=\"a\\\"b\\nc\",partition=\"0\"} 17"));
}

TEST_CASE("a transport's connections are shown by the endpoint they lead to and the way they ended") {
    World world;
    ports::TransportStats stats;
    stats.connections_open = 2;
    stats.bytes_sent = 4096;
    stats.connections_ended[static_cast<std::size_t>(ports::ConnectionEnd::tls_failed)] = 5;
    metrics::append_transport_samples(world.others, "api.example", stats);
    const std::string page = world.page();
    CHECK(has_line(page, "autosignin_connections{endpoint=\"api.example\"} 2"));
    CHECK(has_line(page, "autosignin_http_sent_bytes_total{endpoint=\"api.example\"} 4096"));
    CHECK(has_line(
        page, "autosignin_connections_ended_total{endpoint=\"api.example\",reason=\"tls_failed\"} 5"));
    CHECK(has_line(page, "autosignin_connections_ended_total{endpoint=\"api.example\",reason=\"lost\"} 0"));
}

TEST_CASE("the process is measured by the kernel's numbers") {
    std::vector<metrics::Sample> samples;
    metrics::append_process_samples(samples);
    REQUIRE(samples.size() == 5);
    for (const metrics::Sample& sample : samples) {
        CAPTURE(static_cast<int>(sample.metric));
        switch (sample.metric) {
            case Metric::process_start:
                CHECK(sample.value > 1'700'000'000);
                break;
            case Metric::process_memory:
                CHECK(sample.value > 100'000);
                break;
            case Metric::process_fds:
                CHECK(sample.value >= 3);
                break;
            default:
                CHECK(sample.value >= 0);
        }
    }
}

TEST_CASE("promtool finds nothing to criticise on the page") {
    REQUIRE(std::filesystem::exists("/usr/bin/promtool"));
    World world;
    world.status.partitions = {partition_status("events", 0)};
    world.others = {{Metric::partition_lag, {"events", "0"}, 1}};
    std::string directory = (std::filesystem::temp_directory_path() / "autosignin-metrics-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    {
        std::ofstream file{directory + "/page"};
        file << world.page();
    }
    const std::string command =
        "/usr/bin/promtool check metrics < '" + directory + "/page' > '" + directory + "/out' 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream out{directory + "/out"};
    const std::string said{std::istreambuf_iterator<char>{out}, {}};
    CAPTURE(said);
    CHECK(status == 0);
    std::filesystem::remove_all(directory);
}
