// Every check as a table: what was found out about a deployment, and what the doctor says of it.
#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/app/doctor/apple.hpp"
#include "worker/app/doctor/kafka.hpp"
#include "worker/app/doctor/machine.hpp"

namespace {

using namespace std::chrono_literals;
using namespace app::doctor;
using common::Error;
using ports::ConnectionEnd;

app::Config a_config() {
    app::Config config;
    app::AppConfig& app = config.apps.emplace_back();
    app.name = "tv";
    app.bundle_id = "com.example.tv";
    app.keys = {{"2X9R4HXF34", "key.p8"}};
    app.base_url = "https://api.storekit.itunes.apple.com";
    config.bytes_buffered_max = 64U << 20U;
    return config;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// The worst of them.
Verdict worst(const Findings& findings) {
    Verdict verdict = Verdict::pass;
    for (const Finding& each : findings) {
        if (each.verdict == Verdict::fail || (each.verdict == Verdict::warn && verdict != Verdict::fail)) {
            verdict = each.verdict;
        }
    }
    return verdict;
}

// What it takes to find a position.
std::size_t at(const std::string& text, std::string_view part) {
    return text.find(part);
}

}  // namespace

TEST_CASE("credential: what Apple's answer to a random value says") {
    struct Row {
        const char* because;
        core::Exchange exchange;
        Verdict want;
        const char* says;
    };
    const Row rows[] = {
        {"404 is what it should be", core::Answer{.status = 404}, Verdict::pass, "accepted"},
        {"401 is our credential", core::Answer{.status = 401}, Verdict::fail, "refuses our JWT"},
        {"403 too", core::Answer{.status = 403}, Verdict::fail, "refuses our JWT"},
        {"a success means that somebody else answers", core::Answer{.status = 204}, Verdict::fail,
         "not an answer"},
        {"so does a redirect", core::Answer{.status = 302}, Verdict::fail, "not an answer"},
        {"a throttle says nothing", core::Answer{.status = 429}, Verdict::warn, "throttled"},
        {"an outage passes", core::Answer{.status = 503}, Verdict::warn, "not well"},
        {"told by the connection", core::NotSent{}, Verdict::skip, "no connection"},
        {"silence", core::Lost{}, Verdict::fail, "no answer"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const app::Config config = a_config();
            const Finding found = judge_credential(config.apps[0], {row.exchange, ""}, 0s);
            CHECK(found.verdict == row.want);
            CHECK(contains(found.sentence, row.says));
            CHECK(found.check == "apple credential tv (production)");
            CHECK(
                (found.verdict == Verdict::pass || found.verdict == Verdict::skip || !found.remedy.empty()));
        }
    }
    const app::Config config = a_config();
    CHECK(judge_credential(config.apps[0], {std::nullopt, "key.p8: gone"}, 0s).verdict == Verdict::fail);
}

TEST_CASE("credential: the causes of a 401 come in the order of their likelihood") {
    app::Config config = a_config();
    const auto remedy = [&](std::optional<common::Duration> skew) {
        return judge_credential(config.apps[0], {core::Answer{.status = 401}, ""}, skew).remedy;
    };
    CHECK(contains(remedy(90s), "1. our clock: 90 s behind Apple's"));
    CHECK(contains(remedy(-90s), "1. our clock: 90 s ahead of Apple's"));
    const std::string good_clock = remedy(1s);
    CHECK(contains(good_clock, "1. issuer_id, key id or bundle_id: compare com.example.tv and 2X9R4HXF34"));
    CHECK(at(good_clock, "In-App Purchase key") < at(good_clock, "no production release"));
    CHECK(at(good_clock, "no production release") < at(good_clock, "our clock"));
    config.apps[0].environment = app::AppleEnvironment::sandbox;
    CHECK_FALSE(contains(remedy(std::nullopt), "production release"));
}

TEST_CASE("connection: passed up to the stage that failed, not reached behind it") {
    struct Row {
        const char* because;
        std::optional<ConnectionEnd> end;
        std::uint64_t opened;
        std::vector<Verdict> want;  // name, TCP, TLS, ALPN
    };
    const auto pass = Verdict::pass;
    const auto fail = Verdict::fail;
    const auto skip = Verdict::skip;
    const Row rows[] = {
        {"open", std::nullopt, 1, {pass, pass, pass, pass}},
        {"no such name", ConnectionEnd::dns_failed, 0, {fail, skip, skip, skip}},
        {"nobody listens", ConnectionEnd::connect_failed, 0, {pass, fail, skip, skip}},
        {"certificate refused", ConnectionEnd::tls_failed, 0, {pass, pass, fail, skip}},
        {"no HTTP/2", ConnectionEnd::not_offered, 0, {pass, pass, pass, fail}},
        {"one address failed, the next did not", ConnectionEnd::connect_failed, 1, {pass, pass, pass, pass}},
        {"silence", std::nullopt, 0, {fail, skip, skip, skip}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            ports::TransportStats stats;
            stats.connections_opened = row.opened;
            if (row.end) {
                stats.connections_ended[static_cast<std::size_t>(*row.end)] = 1;
            }
            const Findings found = judge_connection("host", app::TransportKind::http2, stats, "why");
            REQUIRE(found.size() == row.want.size());
            for (std::size_t i = 0; i < found.size(); ++i) {
                CAPTURE(found[i].check);
                CHECK(found[i].verdict == row.want[i]);
                CHECK((found[i].verdict != fail || !found[i].remedy.empty()));
            }
        }
    }
}

TEST_CASE("clock: a little is normal, a lot is refused credentials") {
    CHECK(judge_clock(std::nullopt).verdict == Verdict::skip);
    CHECK(judge_clock(2s).verdict == Verdict::pass);
    CHECK(judge_clock(-2s).verdict == Verdict::pass);
    CHECK(judge_clock(10s).verdict == Verdict::warn);
    CHECK(judge_clock(-31s).verdict == Verdict::fail);
    CHECK(contains(judge_clock(-31s).sentence, "31 s ahead of Apple's"));
    CHECK(contains(judge_clock(40s).sentence, "40 s behind Apple's"));
}

TEST_CASE("limits: descriptors for every connection, memory for what may be buffered") {
    struct Row {
        const char* because;
        Limits limits;
        app::TransportKind kind;
        Verdict want;
    };
    const Row rows[] = {
        {"usual", {1024, std::nullopt}, app::TransportKind::http2, Verdict::pass},
        {"few descriptors", {256, std::nullopt}, app::TransportKind::http2, Verdict::fail},
        {"HTTP/1.1 needs more", {300, std::nullopt}, app::TransportKind::http1, Verdict::fail},
        {"memory enough", {1024, 512U << 20U}, app::TransportKind::http2, Verdict::pass},
        {"memory short", {1024, 256U << 20U}, app::TransportKind::http2, Verdict::warn},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            app::Config config = a_config();
            config.apple.transport = row.kind;
            CHECK(worst(check_limits(row.limits, config)) == row.want);
        }
    }
    CHECK(limits_of_this_process().descriptors > 0);
}

TEST_CASE("librdkafka: the traps that this configuration meets") {
    app::Config config = a_config();
    CHECK(worst(check_library("2.0.2", 0x020002ff, config)) == Verdict::pass);
    config.kafka.properties["sasl.mechanism"] = "SCRAM-SHA-512";
    CHECK(worst(check_library("2.0.2", 0x020002ff, config)) == Verdict::warn);
    CHECK(worst(check_library("2.6.1", 0x020601ff, config)) == Verdict::pass);
    config.kafka.properties["sasl.mechanism"] = "PLAIN";
    CHECK(worst(check_library("2.0.2", 0x020002ff, config)) == Verdict::pass);
}

TEST_CASE("topics: there, kept long enough, never compacted, readable") {
    constexpr const char* week = "604800000";
    struct Row {
        const char* because;
        TopicFacts facts;
        long source_bytes;
        Verdict want;
        const char* says;
    };
    const auto topic = [](TopicRole role, std::int32_t partitions, kafka::Properties settings,
                          std::string read_problem = {}) {
        return TopicFacts{"t", role, partitions, std::move(settings), std::move(read_problem)};
    };
    const kafka::Properties good{{"cleanup.policy", "delete"}, {"retention.ms", week}};
    const Row rows[] = {
        {"a good source", topic(TopicRole::source, 6, good), 0, Verdict::pass, "6 partitions"},
        {"no such topic",
         {"t", TopicRole::source, Error{"unknown"}, Error{""}},
         0,
         Verdict::fail,
         "Create the topic"},
        {"nothing to share", topic(TopicRole::source, 1, good), 0, Verdict::warn, "second replica"},
        {"a source kept for a day",
         topic(TopicRole::source, 6, {{"cleanup.policy", "delete"}, {"retention.ms", "86400000"}}), 0,
         Verdict::warn, "for 24 h"},
        {"a compacted source", topic(TopicRole::source, 6, {{"cleanup.policy", "compact"}}), 0, Verdict::fail,
         "cleanup.policy=delete"},
        {"compacted and deleted",
         topic(TopicRole::dead_letters, 1, {{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}}), 0,
         Verdict::fail, "removes the earlier one"},
        {"no right to read", topic(TopicRole::source, 6, good, "t[0]: not authorized"), 0, Verdict::fail,
         "not authorized"},
        {"dead letters kept for a week", topic(TopicRole::dead_letters, 1, good), 0, Verdict::warn,
         "30 days"},
        {"dead letters kept for ever",
         topic(TopicRole::dead_letters, 1, {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}}), 0,
         Verdict::pass, "for ever"},
        {"smaller than its source",
         topic(
             TopicRole::dead_letters, 1,
             {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"max.message.bytes", "1000"}}),
         2000, Verdict::warn, "lose their value"},
        {"compacted receipts", topic(TopicRole::receipts, 1, {{"cleanup.policy", "compact"}}), 0,
         Verdict::warn, "compact"},
        {"settings that may not be asked",
         {"t", TopicRole::source, 6, Error{"denied"}},
         0,
         Verdict::pass,
         "not checked: denied"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Findings found = judge_topic(row.facts, row.source_bytes);
            CHECK(worst(found) == row.want);
            CHECK(contains(text(found), row.says));
        }
    }
}

TEST_CASE("rights to write, to read dead letters and to commit: told, or said to be not known") {
    using kafka::Right;
    const auto written = [](kafka::RightFound write, std::optional<std::string> read_problem = {}) {
        const kafka::Properties kept{{"cleanup.policy", "delete"}, {"retention.ms", "-1"}};
        return judge_topic(
            {"t", TopicRole::dead_letters, 1, kept, std::move(read_problem), std::move(write)}, 0);
    };
    struct Row {
        const char* because;
        Findings found;
        Verdict want;
        const char* says;
    };
    const Row rows[] = {
        {"may write", written({Right::granted}), Verdict::pass, "right to write t  granted"},
        {"may not write", written({Right::missing, "Grant Write on topic t."}), Verdict::fail,
         "dead letters cannot be stored\n        Grant Write on topic t."},
        {"nobody knows", written({Right::unknown, "timed out"}), Verdict::pass, "not known: timed out"},
        {"may count", written({Right::granted}, ""), Verdict::pass, "right to read t   granted"},
        {"may not count", written({Right::granted}, "t[0]: not authorized"), Verdict::warn,
         "dead_letters.watch: false"},
        {"may not replay",
         judge_topic(
             {"t", TopicRole::source, 2, Error{"denied"}, "", {Right::missing, "Grant Write on topic t."}},
             0),
         Verdict::warn, "missing. Grant Write on topic t.\n        Without it `dead-letters replay`"},
        {"may not follow receipts",
         judge_topic(
             {"t", TopicRole::receipts, 2, Error{"denied"}, "t[0]: not authorized", {Right::granted}}, 0),
         Verdict::warn, "t[0]: not authorized\n        Without it `dead-letters replay`"},
        {"no place for audit records",
         judge_topic({"t", TopicRole::receipts, Error{"unknown"}, Error{""}, {}, {}, false}, 0),
         Verdict::warn, "who did what and why"},
        {"may not store audit records",
         judge_topic(
             {"t", TopicRole::receipts, 2, Error{"denied"}, {}, {Right::missing, "Grant Write."}, false}, 0),
         Verdict::warn, "missing. Grant Write.\n        `dead-letters` stores there"},
        {"may commit", {judge_commit("g", {Right::granted}, true)}, Verdict::pass, "granted"},
        {"may not commit",
         {judge_commit("g", {Right::missing, "Grant Read on consumer group g."}, true)},
         Verdict::fail,
         "Grant Read on consumer group g."},
        {"may not count what is replayed",
         {judge_commit("g.replay", {Right::missing, "Grant Read on consumer group g.replay."}, false)},
         Verdict::warn,
         "missing. Grant Read on consumer group g.replay."},
        {"nobody knows about the group",
         {judge_commit("g", {Right::unknown, "timed out"}, true)},
         Verdict::pass,
         "not known: timed out"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CAPTURE(text(row.found));
            CHECK(worst(row.found) == row.want);
            CHECK(contains(text(row.found), row.says));
        }
    }
}

TEST_CASE("the producer's limit is compared with what the sources can hold") {
    constexpr long mebibyte = 1L << 20U;
    CHECK(judge_producer(10 * mebibyte, mebibyte).empty());
    CHECK(judge_producer(10 * mebibyte, 0).empty());  // the sources' limit is not known
    const Findings found = judge_producer(mebibyte, mebibyte);
    CHECK(worst(found) == Verdict::warn);
    CHECK(contains(text(found), "Set kafka.properties.message.max.bytes to 1114112 or more."));
    CHECK(kafka::record_bytes_max({}) == 10 * mebibyte);
    CHECK(kafka::record_bytes_max({{"message.max.bytes", "2000"}}) == 2000);
}

TEST_CASE("group: not there yet is fine, offsets that are gone are not") {
    const std::optional<kafka::GroupState> stable = kafka::GroupState{"Stable", 2};
    const auto judged = [&](kafka::Positions positions) { return judge_group("g", stable, positions); };
    CHECK(worst(judged({})) == Verdict::pass);
    CHECK(contains(text(judged({})), "Stable, 2 members"));
    CHECK(worst(judge_group("g", std::optional<kafka::GroupState>{}, kafka::Positions{})) == Verdict::pass);
    CHECK(worst(judge_group("g", Error{"denied"}, kafka::Positions{})) == Verdict::pass);
    CHECK(worst(judge_group("g", stable, Error{"not authorized"})) == Verdict::fail);
    kafka::Positions gone;
    gone.found.push_back({.partition = {"t", 3}, .reset = true});
    CHECK(worst(judged(gone)) == Verdict::warn);
    CHECK(contains(text(judged(gone)), "t[3]"));
    gone.found.push_back({.partition = {"t", 4}, .held = "its committed offset does not exist any more"});
    CHECK(worst(judged(gone)) == Verdict::fail);
}

TEST_CASE("configuration: what check-config says, as findings") {
    app::Loaded loaded;
    loaded.report.file = "worker.yaml";
    loaded.report.add(
        {app::Gravity::error, {14, 18}, "apple.in_flight_max", "0 is below 1", "a number", "try 1"});
    const Findings bad = check_configuration(loaded);
    REQUIRE(bad.size() == 1);
    CHECK(
        bad[0] == Finding{
                      Verdict::fail, "configuration",
                      "worker.yaml:14:18: apple.in_flight_max: 0 is below 1 (expected a number)", "try 1"});
    app::Loaded good;
    good.report.file = "worker.yaml";
    good.config = a_config();
    CHECK(worst(check_configuration(good)) == Verdict::pass);
}

TEST_CASE("what people and programs read, letter by letter") {
    const Findings findings{
        {Verdict::pass, "configuration", "fine"},
        {Verdict::fail, "apple credential tv", "401", "Likely causes:\n1. clock"},
        {Verdict::warn, "memory", "short", "Raise it."},
        {Verdict::skip, "kafka", "not checked: --offline"}};
    CHECK(text(findings) == R"(pass  configuration        fine
FAIL  apple credential tv  401
        Likely causes:
        1. clock
warn  memory               short
        Raise it.
skip  kafka                not checked: --offline

1 passed, 1 warned, 1 failed, 1 skipped
)");
    const auto document = nlohmann::json::parse(json(findings));
    CHECK(document["fit"] == false);
    CHECK(document["findings"].size() == 4);
    CHECK(
        document["findings"][1] ==
        nlohmann::json::parse(
            R"({"verdict": "fail", "check": "apple credential tv", "sentence": "401", "remedy": "Likely causes:\n1. clock"})"));
    CHECK_FALSE(fit(findings));
    CHECK(fit({findings[0], findings[2], findings[3]}));
}
