#include "tests/integration/cli_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <fstream>
#include <iterator>

#include "tests/integration/kafka_adapter_world.hpp"
#include "tests/kafka/child.hpp"

namespace cli {

namespace {

constexpr const char* issuer = "57246542-96fe-1a63-e053-0824d011072a";

std::string text_of(const std::string& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::vector<std::string> with_path(std::vector<std::string> environment) {
    environment.emplace_back("PATH=/usr/bin:/bin");
    return environment;
}

}  // namespace

Ended run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    const transport_test::Folder folder;
    lane::ChildOptions options{
        .arguments = {AUTOSIGNIN_WORKER},
        .environment = with_path(environment),
        .output_file = folder.path() / "output"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    const auto code = lane::Child{options}.wait(std::chrono::seconds{20});
    return {code.value_or(-1), text_of(options.output_file)};
}

Scene::Scene(const std::optional<sim::IdentityOptions>& identity)
    : broker_{{{events_topic}, {receipts_topic}, {dead_letter_topic}}}, has_identity_{identity.has_value()} {
    const auto certificates = dev::write_certificates(folder_.path());
    REQUIRE(certificates);
    const auto key = dev::new_app_key();
    REQUIRE(key);
    key_ = *key;
    REQUIRE(dev::write_private_file(path("app.p8"), key_));
    dev::Es256Tokens tokens;
    REQUIRE(tokens.add_key(key_id, key_));
    tokens.set_issuer(issuer);
    tokens.add_app(shop.bundle_id);
    dev::AppleServerOptions options;
    options.certificates = *certificates;
    options.identity = identity;
    dev::Es256Secrets secrets;
    if (identity) {
        const auto identity_key = dev::new_app_key();
        REQUIRE(identity_key);
        REQUIRE(dev::write_private_file(path("identity.p8"), *identity_key));
        REQUIRE(secrets.add_key(identity_key_id, team_id, *identity_key));
    }
    auto apple = dev::AppleServer::start(options, std::move(tokens), std::move(secrets));
    REQUIRE(apple);
    apple_ = std::move(*apple);
    if (identity) {
        apple_->with_identity([](sim::AppleIdentity& server, common::Now) {
            server.book().add_client({.client_id = client_id, .team_id = team_id});
        });
    }
}

std::string Scene::write_config(const Edits& edits) {
    // Two levels: section -> its lines.
    std::map<std::string, std::map<std::string, std::string>> sections{
        {"kafka",
         {{"bootstrap_servers", broker_.bootstrap()},
          {"group_id", "cli"},
          {"group_instance_id", "\"\""},
          {"topics", fmt::format("[{}]", events_topic)},
          {"session_timeout", fmt::format("{}ms", dev::embedded_session_timeout.count())},
          {"properties", "{heartbeat.interval.ms: \"200\", fetch.wait.max.ms: \"10\"}"}}},
        {"receipts", {{"topic", receipts_topic}}},
        {"apple",
         {{"ca_file", "ca.pem"},
          {"request_timeout", "2s"},
          {"retry", "{base: 50ms, longest: 500ms}"},
          {"breaker", "{probe_base: 50ms, probe_longest: 200ms}"},
          {"endpoints",
           fmt::format(
               "{{production: \"{}\", sandbox: \"{}\"}}", apple_->url(sim::Environment::production),
               apple_->url(sim::Environment::sandbox))}}},
        {"apps",
         {{"app", fmt::format(
                      "{{name: tv, bundle_id: {}, issuer_id: {}, keys: [{{id: {}, file: app.p8}}]}}",
                      shop.bundle_id, issuer, key_id)}}},
        {"admin", {{"port", "0"}}},
        {"log", {{"level", "debug"}, {"format", "json"}}},
    };
    if (has_identity_) {
        sections["sign_in_with_apple"] = {
            {"endpoint", apple_->identity_url()},
            {"clients", fmt::format(
                            "[{{client_id: {}, team_id: {}, keys: [{{id: {}, file: identity.p8}}]}}]",
                            client_id, team_id, identity_key_id)}};
    }
    std::string top;
    for (const auto& [key, value] : edits) {
        const std::size_t dot = key.find('.');
        if (dot == std::string::npos) {
            top += fmt::format("{}: {}\n", key, value);
        } else {
            sections[key.substr(0, dot)][key.substr(dot + 1)] = value;
        }
    }
    std::string text = top;
    for (const auto& [section, lines] : sections) {
        text += section + ":\n";
        for (const auto& [key, value] : lines) {
            text +=
                section == "apps" ? fmt::format("  - {}\n", value) : fmt::format("  {}: {}\n", key, value);
        }
    }
    std::string file = path("worker.yaml");
    std::ofstream{file} << text;
    return file;
}

lane::WorkerProcess Scene::start(const Edits& edits) {
    return {AUTOSIGNIN_WORKER, write_config(edits), path(fmt::format("worker-{}.log", ++runs_))};
}

void Scene::script(std::vector<sim::Fault> faults) {
    apple_->with_apple([&](sim::Apple& apple, common::Now) { apple.script(std::move(faults)); });
}

sim::Ledger Scene::ledger() {
    sim::Ledger copy;
    apple_->with_apple([&](const sim::Apple& apple, common::Now) { copy = apple.ledger(); });
    return copy;
}

core::Record Scene::event(
    const std::string& id, const std::string& subject, const std::string& tokens, const std::string& more) {
    core::Record record;
    record.key = subject;
    record.value = fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/accounts","type":"account.password-changed.v1",)"
        R"("subject":"{}","time":"2026-11-20T09:15:00Z","datacontenttype":"application/json"{},)"
        R"("data":{{"app":"tv","sign_in_tokens":[{}]}}}})",
        id, subject, more, tokens);
    record.headers = {{"content-type", "application/cloudevents+json"}};
    return record;
}

core::Record Scene::deletion(const std::string& account, const std::string& value) {
    return event("event-" + account, account, fmt::format(R"({{"value":"{}"}})", value));
}

void Scene::produce(const std::vector<core::Record>& records) {
    kafka_test::Journal journal;
    auto producer = kafka_test::sink(kafka_test::settings_for(broker_), journal);
    std::uint64_t id = 0;
    for (const core::Record& record : records) {
        core::Store store = kafka_test::a_store(++id, events_topic);
        store.record.key = record.key;
        store.record.value = record.value;
        store.record.headers = record.headers;
        producer.port->store(std::move(store));
    }
    REQUIRE(producer.until_count<core::StoreEnded>(records.size()));
}

std::vector<core::Record> Scene::read(const std::string& topic, std::size_t count) {
    std::vector<core::Record> records;
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] :
         {std::pair{"bootstrap.servers", broker_.bootstrap().c_str()}, std::pair{"group.id", "reader"},
          std::pair{"fetch.wait.max.ms", "10"}, std::pair{"enable.auto.commit", "false"}}) {
        REQUIRE(rd_kafka_conf_set(conf, name, value, nullptr, 0) == RD_KAFKA_CONF_OK);
    }
    rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    REQUIRE(client != nullptr);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t* const from = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(from, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    REQUIRE(rd_kafka_assign(client, from) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(from);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (records.size() < count && std::chrono::steady_clock::now() < deadline) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(client, 100);
        if (message == nullptr) {
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            core::Record& record = records.emplace_back();
            record.key = std::string{static_cast<const char*>(message->key), message->key_len};
            record.value = std::string{static_cast<const char*>(message->payload), message->len};
            rd_kafka_headers_t* headers = nullptr;
            const char* name = nullptr;
            const void* value = nullptr;
            std::size_t size = 0;
            rd_kafka_message_headers(message, &headers);
            for (std::size_t at = 0;
                 headers != nullptr &&
                 rd_kafka_header_get_all(headers, at, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
                 ++at) {
                record.headers.push_back({name, std::string{static_cast<const char*>(value), size}});
            }
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    REQUIRE(records.size() >= count);
    return records;
}

}  // namespace cli
