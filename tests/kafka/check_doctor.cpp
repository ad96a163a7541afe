#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/guarded.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr int fit = 0;      // as documented (worker/app/exit_code.hpp)
constexpr int not_fit = 9;  // as documented

class Doctor {
public:
    Doctor(const Stage& stage, const Scene& scene) : stage_{stage}, scene_{scene} {}

    void examine(const WorkerOptions& options, int code) {
        const std::string output = scene_.folder() + "/doctor.json";
        std::filesystem::remove(output);
        Child child{
            {.arguments =
                 {stage_.worker_program, "doctor", "--format", "json", "-c", scene_.write_config(options)},
             .environment = {"PATH=/usr/bin:/bin"},
             .output_file = output}};
        const auto ended = child.wait(30s);
        std::ifstream file{output};
        said_ = {std::istreambuf_iterator<char>{file}, {}};
        require(ended == code, fmt::format("doctor ended with {}: {}", ended.value_or(-1), said_));
    }

    // That the last examination said this of one thing, with this in its sentence or remedy.
    void require_said(
        const std::string& check, const std::string& verdict, const std::string& words = {}) const {
        const auto document = nlohmann::json::parse(said_);
        for (const auto& each : document.at("findings")) {
            const std::string all =
                each.at("sentence").get<std::string>() + "\n" + each.at("remedy").get<std::string>();
            if (each.at("check") == check && each.at("verdict") == verdict &&
                all.find(words) != std::string::npos) {
                return;
            }
        }
        throw Failed{fmt::format("doctor does not say {}: {} \"{}\", but {}", check, verdict, words, said_)};
    }

private:
    const Stage& stage_;
    const Scene& scene_;
    std::string said_;
};

}  // namespace

std::string check_doctor(const Stage& stage) {
    const PrivateBroker broker{stage, guarded_broker(stage, "doctor", {"whole", "half"})};
    Cluster cluster{broker.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    Scene scene{mine, {.name = "doctor"}};
    const std::string source = scene.source_topic();
    const std::string letters = scene.dead_letter_topic();
    const std::string receipts = scene.receipts_topic();
    const auto allow = [&](const std::string& who, Right right, const std::string& name) {
        grant(broker.bootstrap(), who, right, name);
    };
    for (const std::string& group :
         {scene.group(), scene.group() + ".dead-letters", scene.group() + ".replay"}) {
        allow("whole", Right::read_group, group);
    }
    for (const std::string& topic : {source, letters}) {
        allow("whole", Right::read_topic, topic);
    }
    for (const std::string& topic : {letters, receipts}) {
        allow("whole", Right::write_topic, topic);
    }
    allow("half", Right::read_group, scene.group());
    allow("half", Right::read_group, scene.group() + ".dead-letters");
    allow("half", Right::read_topic, letters);
    allow("half", Right::write_topic, receipts);
    const auto as = [&](const std::string& user) {
        return WorkerOptions{
            .instance = "one",
            .bootstrap = broker.address(guarded_listener),
            .properties = properties_of(mine, user, scene.folder())};
    };

    // Beside a worker that works, since that is when it must disturb nothing.
    WorkerProcess worker = scene.start(as("whole"));
    worker.await([&] { return worker.ready(); }, 20s, "the worker is not ready");
    Doctor doctor{mine, scene};
    doctor.examine(as("whole"), fit);
    const std::string commit = "kafka right to commit for " + scene.group();
    for (const std::string& check :
         {"kafka topic " + source, "kafka right to read " + source, "kafka right to read " + letters,
          "kafka right to write " + letters, "kafka right to write " + receipts, commit,
          commit + ".dead-letters", commit + ".replay"}) {
        doctor.require_said(check, "pass");
    }
    doctor.require_said("kafka right to write " + source, "warn", "dead-letters replay");
    doctor.require_said("kafka right to read " + receipts, "warn", "dead-letters replay");
    doctor.require_said("kafka group " + scene.group(), "pass", "Stable, 1 member");
    doctor.require_said("kafka retention " + source, "skip", "not checked");

    doctor.examine(as("half"), not_fit);
    doctor.require_said("kafka topic " + source, "fail", "grant Describe on it");
    doctor.require_said("kafka right to write " + letters, "fail", "Grant Write on topic " + letters);
    doctor.require_said("kafka right to write " + receipts, "pass");
    doctor.require_said(commit + ".dead-letters", "pass");
    doctor.require_said(
        commit + ".replay", "warn", fmt::format("Grant Read on consumer group {}.replay", scene.group()));

    // Who may look at the topics' settings is told of them, too.
    const std::string brief = scene.name() + "-brief";
    cluster.create_topic(brief, 3, {{"retention.ms", "3600000"}});
    doctor.examine(
        {.instance = "one",
         .topics = {source, brief, "doctor-missing"},
         .properties = {{"message.max.bytes", "1000000"}}},
        not_fit);
    doctor.require_said("kafka retention " + source, "pass", "for 7 days");
    doctor.require_said("kafka retention " + brief, "warn", "Set retention.ms to 7 days or more");
    doctor.require_said("kafka retention " + letters, "warn", "Set retention.ms to 30 days or more");
    doctor.require_said("kafka topic doctor-missing", "fail", "Create the topic (events)");
    doctor.require_said("kafka topic doctor-missing.dead-letters", "fail", "Create the topic (dead letters)");
    doctor.require_said("kafka right to write " + letters, "pass");
    doctor.require_said("kafka producer", "warn", "Set kafka.properties.message.max.bytes");

    require(cluster.read(letters).empty() && cluster.read(receipts).empty(), "doctor wrote a record");
    for (const auto& [partition, committed] : cluster.committed(scene.group(), source)) {
        require(committed.offset.value == 0, "doctor committed an offset");
    }
    require(!worker.says("partitions_lost"), "doctor disturbed the worker");
    require(worker.stop() == 0, "the worker did not end with 0");
    return "all well, 2 rights missing, a topic missing, 1 kept too short: each told with its remedy";
}

}  // namespace lane
