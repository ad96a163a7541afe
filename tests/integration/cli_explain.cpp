// `explain` as a process: files, standard input's place, records in Kafka, exit codes, and nothing sent.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_scene.hpp"

using cli::contains;
using cli::Ended;
using cli::Scene;

TEST_CASE("explain: exit codes that a pipeline can build on") {
    Scene scene;
    const std::string config = scene.write_config();
    const std::string good = scene.path("good.json");
    const std::string bad = scene.path("bad.json");
    std::ofstream{good} << *Scene::deletion("account-1", "s3cr3t").value;
    std::ofstream{bad}
        << R"({"specversion":"1.0","type":"account.deleted.v1","data":{"sign_in_tokens":[{"value":""}]}})";
    const std::string data = scene.path("data.json");
    std::ofstream{data} << R"({"app":"tv","sign_in_tokens":[{"value":"s3cr3t"}]})";
    std::vector<std::string> binary{data};
    for (const char* header :
         {"ce_specversion=1.0", "ce_id=e-1", "ce_source=/accounts", "ce_type=account.deleted.v1",
          "ce_subject=account-1", "ce_time=2026-11-20T09:15:00Z"}) {
        binary.insert(binary.end(), {"-H", header});
    }
    struct Row {
        const char* because;
        std::vector<std::string> arguments;
        int code;
        std::string says;
    };
    const Row rows[] = {
        {"valid", {good, "--config", config, "--key", "account-1"}, 0, "1 command\n"},
        {"valid, without a configuration", {good}, 0, "Without --config"},
        {"another key is told, and no error",
         {good, "-c", config, "--key", "x"},
         0,
         "The Kafka key is not the subject"},
        {"valid, in binary mode", binary, 0, "id 'e-1' of '/accounts'"},
        {"binary mode, all but the type missing", {data, "-H", "ce_type=account.deleted.v1"}, 8, "/id"},
        {"invalid", {bad, "-c", config}, 8, "/data/sign_in_tokens/0/value  empty_string"},
        {"invalid, every problem", {bad}, 8, "/subject"},
        {"no such file", {scene.path("none.json")}, 7, "cannot be read"},
        {"a folder", {scene.path("")}, 7, "cannot be read"},
        {"a record without a configuration", {"events/0/0"}, 2, "--config is needed"},
        {"no such record", {"events/0/99", "-c", config}, 7, "no record at this offset"},
        {"no such partition", {"events/7/0", "-c", config}, 7, "no such partition"},
        {"a configuration that is wrong", {good, "-c", scene.path("none.yaml")}, 3, "there is no such file"},
        {"a header that is none", {good, "-H", "nonsense"}, 2, "'nonsense' is not NAME=VALUE"},
        {"a header of a record that has its own",
         {"events/0/0", "-c", config, "-H", "a=b"},
         2,
         "has its own"},
        {"a worker that is asked about a file",
         {good, "-c", config, "--admin-url", "http://127.0.0.1:1"},
         2,
         "the position of a record"},
        {"a worker that is asked about a dead letter",
         {"events.dead-letters/0/0", "-c", config, "--admin-url", "http://127.0.0.1:1"},
         2,
         "dead-letters show events.dead-letters/0/0"},
        {"a worker that is asked about a topic that it does not read",
         {"receipts/0/0", "-c", config, "--admin-url", "http://127.0.0.1:1"},
         2,
         "is in no topic that a worker of this configuration reads (events)"},
        {"no such format", {good, "--format", "xml"}, 2, "--format"},
        {"nothing named", {}, 2, "event"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            std::vector<std::string> arguments{"explain"};
            arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
            const Ended ended = cli::run(arguments);
            CAPTURE(ended.output);
            CHECK(ended.code == row.code);
            CHECK(contains(ended.output, row.says));
            CHECK_FALSE(contains(ended.output, "s3cr3t"));
        }
    }
    CHECK(scene.apple().stats().connections == 0);
}

TEST_CASE("explain: a record that is in Kafka, for programs") {
    Scene scene;
    scene.produce({Scene::deletion("account-1", "s3cr3t"), Scene::deletion("account-2", "s3cr3t")});
    const Ended ended = cli::run({"explain", "events/0/1", "-c", scene.write_config(), "--format", "json"});
    CAPTURE(ended.output);
    REQUIRE(ended.code == 0);
    const auto document = nlohmann::json::parse(ended.output);
    CHECK(document["explained"] == "events/0/1");
    CHECK(document["lane"] == "account-2");
    CHECK(document["key_is_subject"] == true);
    CHECK(document["deadline"] == "2026-11-20T09:16:00.000Z");
    CHECK(document["commands"][0]["request"]["body"]["autoSignInTokenValue"] == "•••• (6 characters)");
    CHECK_FALSE(contains(ended.output, "s3cr3t"));
    CHECK(scene.apple().stats().connections == 0);
}

TEST_CASE("explain: where a record stands, asked of the worker that owns it") {
    Scene scene;
    scene.produce({Scene::deletion("account-1", "s3cr3t")});
    auto worker = scene.start();
    worker.await(
        [&] { return worker.metric("autosignin_commits_total") > 0; }, std::chrono::seconds{30},
        "nothing was committed");
    const std::string config = scene.write_config();
    const std::string url = fmt::format("http://127.0.0.1:{}", worker.port());
    const auto now = [&](const std::string& position, const std::string& at) {
        return cli::run({"explain", position, "-c", config, "--admin-url", at});
    };
    const Ended settled = now("events/0/0", url);
    CAPTURE(settled.output);
    CHECK(settled.code == 0);
    CHECK(contains(settled.output, "now: settled and committed"));
    const Ended nobody = now("events/0/0", "http://127.0.0.1:1");
    CAPTURE(nobody.output);
    CHECK(nobody.code == 7);
    CHECK(contains(nobody.output, "its admin port can be reached"));
    CHECK(now("events/0/0", url + "/").output == settled.output);
    CHECK(now("events/0/0", "ftp://x").code == 2);
    CHECK(worker.stop() == 0);
}

TEST_CASE(
    "explain: a record that waits says behind which one, at which attempt, and what holds it until when") {
    Scene scene;
    scene.script({{.kind = sim::FaultKind::throttle}});
    scene.produce({Scene::deletion("account-1", "s3cr3t"), Scene::deletion("account-1", "s3cr3t-2")});
    auto worker = scene.start();
    worker.await(
        [&] { return contains(worker.get("/record?at=events/0/1").body, "\"throttled\""); },
        std::chrono::seconds{30}, "the gate did not close");
    const Ended ended = cli::run(
        {"explain", "events/0/1", "-c", scene.write_config(), "--admin-url",
         fmt::format("http://127.0.0.1:{}", worker.port())});
    CAPTURE(ended.output);
    CHECK(ended.code == 0);
    CHECK(
        contains(ended.output, "now: waiting behind 1 record of its account, the first of them events/0/0"));
    CHECK(contains(ended.output, "now: of that one, attempt "));
    CHECK(contains(ended.output, "now: calls of this kind for tv are held: the gate is "));
    CHECK(contains(ended.output, "(throttled) for "));
    CHECK_FALSE(contains(ended.output, "s3cr3t"));
    CHECK_FALSE(contains(worker.get("/record?at=events/0/0").body, "s3cr3t"));
    static_cast<void>(worker.stop());
}
