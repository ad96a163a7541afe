#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "worker/adapters/kafka/properties.hpp"

using kafka::check_properties;
using kafka::Properties;

TEST_CASE("check_properties: what would break a promise is refused with the reason") {
    struct Row {
        const char* because;
        Properties properties;
        std::size_t problems;
    };
    const Row rows[] = {
        {"nothing is fine", {}, 0},
        {"ordinary settings pass", {{"security.protocol", "sasl_ssl"}, {"sasl.username", "worker"}}, 0},
        {"auto commit loses records", {{"enable.auto.commit", "true"}}, 1},
        {"saying the right thing twice is fine", {{"enable.auto.commit", "false"}, {"acks", "all"}}, 0},
        {"stored offsets lose records", {{"enable.auto.offset.store", "true"}}, 1},
        {"acks=1 loses dead letters", {{"acks", "1"}}, 1},
        {"acks=-1 is all", {{"acks", "-1"}}, 0},
        {"acks has another name", {{"request.required.acks", "0"}}, 1},
        {"idempotence stays on", {{"enable.idempotence", "false"}}, 1},
        {"more than five in flight break order", {{"max.in.flight", "6"}}, 1},
        {"five in flight keep order", {{"max.in.flight", "5"}}, 0},
        {"a store must end", {{"message.timeout.ms", "0"}}, 1},
        {"rolled back events are not events", {{"isolation.level", "read_uncommitted"}}, 1},
        {"a misspelt topic must not be created", {{"allow.auto.create.topics", "true"}}, 1},
        {"our own keys are given elsewhere", {{"group.id", "g"}, {"auto.offset.reset", "latest"}}, 2},
        {"certificates are always verified", {{"enable.ssl.certificate.verification", "false"}}, 1},
        {"host names are always verified", {{"ssl.endpoint.identification.algorithm", "none"}}, 1},
        {"an inline password ends in logs", {{"sasl.password", "canary-secret"}}, 1},
        {"an inline key ends in logs", {{"ssl.key.pem", "canary-secret"}}, 1},
        {"a password by file is right", {{"sasl.password.file", "/nowhere"}}, 0},
        {"not both", {{"sasl.password", "canary-secret"}, {"sasl.password.file", "/nowhere"}}, 2},
        {"only secrets come from files", {{"client.id.file", "/nowhere"}}, 1},
        {"a misspelt key does nothing",
         {{"sasl.pasword.file", "/nowhere"}, {"sasl.usrname", "canary-secret"}},
         2},
        {"a wrong type", {{"heartbeat.interval.ms", "canary-secret"}}, 1},
        // These passed: the rules read "False" and "None" as something else than librdkafka does.
        {"False is false", {{"enable.ssl.certificate.verification", "False"}}, 1},
        {"None is none", {{"ssl.endpoint.identification.algorithm", "None"}}, 1},
        {"capitals do not hide uncommitted events", {{"isolation.level", "READ_UNCOMMITTED"}}, 1},
        {"True is true", {{"allow.auto.create.topics", "True"}}, 1},
        {"T commits as well as true", {{"enable.auto.commit", "T"}}, 1},
        {"ALL is all", {{"acks", "ALL"}}, 0},
        {"a hexadecimal six is above five", {{"max.in.flight", "0x6"}}, 1},
        {"an octal zero never ends a store", {{"delivery.timeout.ms", "00"}}, 1},
        {"nobody has tested cooperative rebalancing",
         {{"partition.assignment.strategy", "cooperative-sticky"}},
         1},
        {"nor in a list and with capitals",
         {{"partition.assignment.strategy", "range,Cooperative-Sticky"}},
         1},
        {"eager strategies pass", {{"partition.assignment.strategy", "range,roundrobin"}}, 0},
        {"successes are reported", {{"delivery.report.only.error", "True"}}, 1},
        {"errors only, but not so", {{"delivery.report.only.error", "false"}}, 0},
        {"a late dead letter is not fatal", {{"enable.gapless.guarantee", "true"}}, 1},
        {"no foreign code", {{"plugin.library.paths", "/nowhere/canary-secret"}}, 1},
        {"a limit that cuts dead letters", {{"message.max.bytes", "999999"}}, 1},
        {"a limit that holds them", {{"message.max.bytes", "1000000"}}, 0},
        {"a mock is not Kafka", {{"test.mock.num.brokers", "1"}}, 1},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto problems = check_properties(row.properties);
            CHECK(problems.size() == row.problems);
            for (const auto& problem : problems) {
                CHECK(row.properties.count(problem.key) == 1);
                CHECK_FALSE(problem.problem.empty());
                CHECK_FALSE(problem.remedy.empty());
                CHECK((problem.problem + problem.remedy).find("canary-secret") == std::string::npos);
            }
        }
    }
}

TEST_CASE("check_properties: every alias of a refused property is refused with the same reason") {
    // librdkafka names its aliases in what it prints for a reader.
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* file = open_memstream(&text, &size);
    REQUIRE(file != nullptr);
    rd_kafka_conf_properties_show(file);
    std::fclose(file);
    std::istringstream lines{std::string{text, size}};
    std::free(text);

    const Properties breaking{
        {"metadata.broker.list", "broker:9092"},
        {"max.in.flight.requests.per.connection", "6"},
        {"message.send.max.retries", "0"},
        {"request.required.acks", "1"},
        {"message.timeout.ms", "0"},
        {"auto.commit.enable", "true"}};
    std::size_t seen = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::string mark = "Alias for `";
        const auto at = line.find(mark);
        if (at == std::string::npos) {
            continue;
        }
        const std::string alias = line.substr(0, line.find(' '));
        const auto begin = at + mark.size();
        const std::string key = line.substr(begin, line.find('`', begin) - begin);
        const auto broken = breaking.find(key);
        if (broken == breaking.end()) {
            continue;
        }
        CAPTURE(alias);
        const auto by_name = check_properties({*broken});
        const auto by_alias = check_properties({{alias, broken->second}});
        REQUIRE(by_name.size() == 1);
        REQUIRE(by_alias.size() == 1);
        CHECK(by_alias[0].key == alias);
        CHECK(by_alias[0].problem == by_name[0].problem);
        ++seen;
    }
    CHECK(seen == breaking.size());
}

TEST_CASE("resolve_files: a secret is the file's content without its line end") {
    const auto path = std::filesystem::temp_directory_path() / "autosignin-unit-kafka-password";
    std::ofstream{path} << "s3cret\n";
    auto resolved = kafka::resolve_files({{"sasl.password.file", path.string()}, {"client.id", "worker"}});
    std::filesystem::remove(path);
    REQUIRE(resolved);
    CHECK(*resolved == Properties{{"sasl.password", "s3cret"}, {"client.id", "worker"}});

    const auto missing = kafka::resolve_files({{"sasl.password.file", path.string()}});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find(path.string()) != std::string::npos);
}

// A directory, as a mount of a secret without its key: reading it threw past everybody, and ended the
// process.
TEST_CASE("resolve_files: a directory is no secret") {
    const std::string folder = std::filesystem::temp_directory_path();
    const auto resolved = kafka::resolve_files({{"sasl.password.file", folder}});
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().message.find(folder) != std::string::npos);
}
