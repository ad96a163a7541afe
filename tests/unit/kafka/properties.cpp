#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

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
