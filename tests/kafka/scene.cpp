#include "tests/kafka/scene.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

constexpr std::string_view issuer = "57246542-96fe-1a63-e053-0824d011072a";

std::string bundle_of(const std::string& scene) {
    return "com.example." + scene;
}

sim::Shop shop_of(const std::string& scene) {
    return {sim::Environment::production, bundle_of(scene)};
}

template <class Value>
Value demand(common::Result<Value> result) {
    require(static_cast<bool>(result), result ? "" : result.error().message);
    return std::move(result).value();
}

}  // namespace

Stage on_cluster(const Stage& stage, Cluster& cluster) {
    return {
        .cluster = cluster,
        .worker_program = stage.worker_program,
        .broker_script = stage.broker_script,
        .kafka_version = stage.kafka_version,
        .folder = stage.folder,
        .certificates = stage.certificates,
        .seed = stage.seed,
        .kills = stage.kills};
}

Scene::Scene(const Stage& stage, const SceneOptions& options)
    : stage_{stage},
      name_{options.name},
      folder_{stage.folder + "/" + options.name},
      key_file_{folder_ + "/AuthKey.p8"} {
    std::filesystem::create_directories(folder_);
    key_ = demand(dev::new_app_key());
    static_cast<void>(demand(dev::write_private_file(key_file_, key_)));
    traces_.forbid_key(key_);

    dev::Es256Tokens tokens;
    tokens.set_issuer(std::string{issuer});
    tokens.add_app(bundle_of(name_));
    dev::AppleServerOptions apple;
    apple.certificates = stage.certificates;
    apple_ = demand(dev::AppleServer::start(apple, std::move(tokens)));

    if (options.create_source_topic) {
        cluster().create_topic(source_topic(), options.partitions);
    }
    cluster().create_topic(dead_letter_topic(), options.letter_partitions);
    cluster().create_topic(receipts_topic(), 3);
}
Scene::~Scene() = default;

void Scene::stock(const History& history) {
    apple_->with_apple([&](sim::Apple& apple, common::Now) {
        for (const Account& account : history.accounts) {
            apple.store().put(shop_of(name_), account.name, account.first_value);
        }
    });
}

void Scene::script(std::vector<sim::Fault> faults) {
    apple_->with_apple([&](sim::Apple& apple, common::Now) { apple.script(std::move(faults)); });
}

sim::Ledger Scene::ledger() {
    sim::Ledger copy;
    apple_->with_apple([&](const sim::Apple& apple, common::Now) { copy = apple.ledger(); });
    return copy;
}

std::size_t Scene::requests() {
    std::size_t count = 0;
    apple_->with_apple([&](const sim::Apple& apple, common::Now) { count = apple.ledger().size(); });
    return count;
}

std::size_t Scene::in_flight() {
    std::size_t count = 0;
    apple_->with_apple([&](const sim::Apple& apple, common::Now now) {
        count = static_cast<std::size_t>(std::count_if(
            apple.ledger().begin(), apple.ledger().end(),
            [&](const sim::LedgerEntry& entry) { return entry.answered > now.steady; }));
    });
    return count;
}

void Scene::require_store(const History& history) {
    std::vector<sim::Difference> differences;
    apple_->with_apple([&](const sim::Apple& apple, common::Now) {
        differences = apple.store().differences(shop_of(name_), history.wanted());
    });
    if (!differences.empty()) {
        const sim::Difference& first = differences.front();
        throw Failed{fmt::format(
            "Apple's store differs for {} of {} accounts; {} holds {}, the events demand {}",
            differences.size(), history.accounts.size(), first.account, first.stored.value_or("nothing"),
            first.wanted.value_or("nothing"))};
    }
}

WorkerProcess Scene::start(const WorkerOptions& options) {
    const std::string log_file = fmt::format("{}/worker-{}.log", folder_, log_files_.size() + 1);
    log_files_.push_back(log_file);
    apple_->with_tokens(
        [&](dev::Es256Tokens& tokens) { static_cast<void>(demand(tokens.add_key(options.key_id, key_))); });
    return WorkerProcess{stage_.worker_program, write_config(options), log_file};
}

std::string Scene::write_config(const WorkerOptions& options) const {
    std::string file = fmt::format("{}/worker-{}.yaml", folder_, log_files_.size());
    const std::vector<std::string> topics =
        options.topics.empty() ? std::vector{source_topic()} : options.topics;
    std::string properties;
    for (const auto& [key, value] : options.properties) {
        properties += fmt::format("    {}: \"{}\"\n", key, value);
    }
    std::ofstream config{file};
    config << fmt::format(
        R"(kafka:
  bootstrap_servers: {bootstrap}
  group_id: {group}
  group_instance_id: "{instance}"
  topics: [{topics}]
  session_timeout: {session}s
  auto_offset_reset: {offset_reset}
  properties:
    heartbeat.interval.ms: "500"
    topic.metadata.refresh.interval.ms: "500"
    fetch.wait.max.ms: "50"
{properties}receipts:
  topic: {receipts}
apple:
  in_flight_max: {in_flight_max}
  request_timeout: 20s
  ca_file: {ca}
  endpoints: {{production: "{url}", sandbox: "{sandbox_url}"}}
apps:
  - name: {name}
    bundle_id: {bundle}
    issuer_id: {issuer}
    keys: [{{id: {key_id}, file: {key_file}}}]
admin: {{port: 0}}
log: {{level: {log_level}, format: json}}
{more})",
        fmt::arg("bootstrap", options.bootstrap.empty() ? cluster().bootstrap() : options.bootstrap),
        fmt::arg("group", group()), fmt::arg("instance", options.instance),
        fmt::arg("topics", fmt::join(topics, ", ")), fmt::arg("properties", properties),
        fmt::arg("offset_reset", options.offset_reset), fmt::arg("receipts", receipts_topic()),
        fmt::arg("in_flight_max", options.in_flight_max),
        fmt::arg("ca", stage_.certificates.ca_file.string()),
        fmt::arg("url", apple_->url(sim::Environment::production)),
        fmt::arg("sandbox_url", apple_->url(sim::Environment::sandbox)), fmt::arg("name", name_),
        fmt::arg("session", options.session.count()), fmt::arg("bundle", bundle_of(name_)),
        fmt::arg("issuer", issuer), fmt::arg("key_id", options.key_id), fmt::arg("key_file", key_file_),
        fmt::arg("log_level", options.log_level), fmt::arg("more", options.more));
    return file;
}

void Scene::await_settled(WorkerProcess& worker, std::chrono::milliseconds patience) {
    worker.await(
        [&] { return cluster().lag_is_zero(group(), source_topic()); }, patience,
        "the group did not commit everything");
}

void Scene::require_no_traces() {
    for (const std::string& file : log_files_) {
        std::ifstream log{file};
        traces_.look_at(file, std::string{std::istreambuf_iterator<char>{log}, {}});
    }
    require(traces_.found().empty(), traces_.found());
}

common::Instant steady_now() {
    return common::Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

}  // namespace lane
