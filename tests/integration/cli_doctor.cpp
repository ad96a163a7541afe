// `doctor` as a process, against a healthy world and against worlds with one thing wrong.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/cli_scene.hpp"

using cli::contains;
using cli::Ended;
using cli::Scene;

namespace {

std::string verdict_of(const nlohmann::json& document, const std::string& check) {
    for (const auto& each : document["findings"]) {
        if (each["check"].get<std::string>().starts_with(check)) {
            return each["verdict"];
        }
    }
    return "missing";
}

}  // namespace

TEST_CASE("doctor: a healthy world is fit, and nothing of it is touched") {
    Scene scene;
    const Ended ended = cli::run({"doctor", "-c", scene.write_config(), "--format", "json"});
    CAPTURE(ended.output);
    REQUIRE(ended.code == 0);
    const auto document = nlohmann::json::parse(ended.output);
    CHECK(document["fit"] == true);
    for (const char* check :
         {"configuration", "file descriptors", "librdkafka", "apple localhost", "apple credential tv",
          "clock", "kafka brokers", "kafka right to read events", "kafka offsets of cli"}) {
        CAPTURE(std::string{check});
        CHECK(verdict_of(document, check) == "pass");
    }
    CHECK(verdict_of(document, "kafka right to write events.dead-letters") == "skip");
    CHECK(scene.apple().stats().requests == 1);
    CHECK_FALSE(contains(ended.output, "BEGIN PRIVATE KEY"));
    CHECK_FALSE(contains(ended.output, "eyJ"));  // no JWT
}

TEST_CASE("doctor: one thing wrong at a time") {
    Scene scene;
    struct Row {
        const char* because;
        cli::Edits edits;
        int code;
        std::vector<std::string> says;
    };
    const Row rows[] = {
        {"another CA",
         {{"apple.ca_file", "\"\""}},
         9,
         {"FAIL  apple localhost", "TLS", "apple.ca_file", "skip  apple credential tv"}},
        {"no such name",
         {{"apple.endpoints",
           "{production: \"https://no.such.invalid\", sandbox: \"https://no.such.invalid\"}"}},
         9,
         {"FAIL  apple no.such.invalid name"}},
        {"an app that Apple does not know",
         {{"apps.app",
           "{name: tv, bundle_id: com.example.other, issuer_id: 57246542-96fe-1a63-e053-0824d011072a, keys: "
           "[{id: CLIKEY0001, file: app.p8}]}"}},
         9,
         {"FAIL  apple credential tv (production)", "401", "1. issuer_id, key id or bundle_id",
          "In-App Purchase key"}},
        {"no brokers",
         {{"kafka.bootstrap_servers", "127.0.0.1:1"}},
         9,
         {"FAIL  kafka brokers", "kafka.bootstrap_servers"}},
        {"a wrong configuration",
         {{"apple.in_flight_max", "0"}},
         3,
         {"FAIL  configuration", "apple.in_flight_max", "skip  all else"}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Ended ended = cli::run({"doctor", "-c", scene.write_config(row.edits)});
            CAPTURE(ended.output);
            CHECK(ended.code == row.code);
            for (const std::string& text : row.says) {
                CHECK(contains(ended.output, text));
            }
        }
    }
}

TEST_CASE("doctor: --offline asks nobody") {
    Scene scene;
    scene.broker().set_down(true);
    const Ended ended = cli::run({"doctor", "-c", scene.write_config(), "--offline"});
    CAPTURE(ended.output);
    CHECK(ended.code == 0);
    CHECK(contains(ended.output, "skip  apple, clock and kafka"));
    CHECK(scene.apple().stats().connections == 0);
}
