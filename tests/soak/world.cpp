#include "tests/soak/world.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "tests/kafka/handles.hpp"
#include "tests/kafka/require.hpp"
#include "worker/dev/apple/certificates.hpp"

namespace soak {

namespace {

using namespace std::chrono_literals;

constexpr const char* events_topic = "events";
constexpr const char* key_id = "SOAKKEY001";
constexpr const char* bundle_id = "com.example.tv";
constexpr const char* issuer = "57246542-96fe-1a63-e053-0824d011072a";
const sim::Shop shop{sim::Environment::production, bundle_id};

std::string event_text(std::size_t number, const std::string& account, const std::string& value) {
    return fmt::format(
        R"({{"specversion":"1.0","id":"soak-{}","source":"/accounts","type":"account.opted-out.v1",)"
        R"("subject":"{}","time":"{:%Y-%m-%dT%H:%M:%SZ}","datacontenttype":"application/json",)"
        R"("data":{{"app":"tv","sign_in_tokens":[{{"value":"{}"}}]}}}})",
        number, account, fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
        value);
}

struct Trouble {
    const char* name;
    std::vector<sim::Fault> faults;
};

// Every kind that Apple can make, mixed with quiet minutes.
const std::vector<Trouble>& troubles() {
    using sim::FaultKind;
    static const std::vector<Trouble> all{
        {"none", {}},
        {"throttled", {{.kind = FaultKind::throttle}}},
        {"answers lost", {{.kind = FaultKind::lose_answer, .probability = 0.2}}},
        {"unavailable", {{.kind = FaultKind::fail}}},
        {"none", {}},
        {"credential refused", {{.kind = FaultKind::refuse_credential}}},
        {"slow", {{.kind = FaultKind::delay_answer, .delay = 800ms}}},
        {"connections close", {{.kind = FaultKind::close_unexecuted, .probability = 0.02}}},
        {"going away", {{.kind = FaultKind::go_away, .probability = 0.02}}},
        {"half of it fails", {{.kind = FaultKind::fail, .probability = 0.5}}},
        {"never answers", {{.kind = FaultKind::stall, .probability = 0.05}}},
        {"torn",
         {{.kind = FaultKind::tear_body, .probability = 0.5},
          {.kind = FaultKind::refuse_stream, .probability = 0.1}}},
    };
    return all;
}

}  // namespace

struct World::Sender {
    lane::Owned<rd_kafka_t> producer;
};

World::World(const std::filesystem::path& folder)
    : broker_{{{events_topic, 4}, {"receipts", 2}, {"events.dead-letters", 1}}}, sender_{new Sender} {
    std::filesystem::create_directories(folder);
    start_apple(folder);
    write_config(folder);
    sender_->producer =
        lane::open(RD_KAFKA_PRODUCER, {{"bootstrap.servers", broker_.bootstrap()}, {"linger.ms", "20"}});
}
World::~World() = default;

void World::start_apple(const std::filesystem::path& folder) {
    const auto certificates = dev::write_certificates(folder);
    const auto p8 = dev::new_app_key();
    lane::require(certificates && p8 && dev::write_private_file(folder / "app.p8", *p8), "cannot write keys");
    ca_file_ = certificates->ca_file;
    dev::Es256Tokens tokens;
    lane::require(static_cast<bool>(tokens.add_key(key_id, *p8)), "the key does not fit");
    tokens.set_issuer(issuer);
    tokens.add_app(bundle_id);
    dev::AppleServerOptions options;
    options.certificates = *certificates;
    auto apple = dev::AppleServer::start(options, std::move(tokens));
    lane::require(static_cast<bool>(apple), "the scripted Apple does not start");
    apple_ = std::move(*apple);
}

void World::write_config(const std::filesystem::path& folder) {
    std::string properties;
    for (const auto& [name, value] : dev::embedded_client_properties()) {
        properties += name == "session.timeout.ms" ? "" : fmt::format("    {}: \"{}\"\n", name, value);
    }
    config_file_ = folder / "worker.yaml";
    std::ofstream{config_file_} << fmt::format(
        "kafka:\n  bootstrap_servers: {}\n  group_id: soak\n  group_instance_id: \"\"\n  topics: [{}]\n"
        "  session_timeout: {}ms\n  properties:\n{}"
        "receipts:\n  topic: receipts\n"
        "apple:\n  ca_file: {}\n  request_timeout: 2s\n  retry: {{base: 100ms, longest: 2s}}\n"
        "  breaker: {{probe_longest: 4s}}\n  attempts_max: 100\n"
        "  endpoints: {{production: \"{}\", sandbox: \"{}\"}}\n"
        "apps:\n  - {{name: tv, bundle_id: {}, issuer_id: {}, keys: [{{id: {}, file: app.p8}}]}}\n"
        "admin:\n  port: 0\nlog:\n  format: json\n",
        broker_.bootstrap(), events_topic, dev::embedded_session_timeout.count(), properties,
        ca_file_.string(), apple_->url(sim::Environment::production), apple_->url(sim::Environment::sandbox),
        bundle_id, issuer, key_id);
}

void World::send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t number = sent_++;
        // Every eighth event is one of ten busy people's.
        const std::string account =
            fmt::format("account-{}", number % 8 == 0 ? number / 8 % 10 : 10 + number % 50'000);
        const std::string value = fmt::format("soak-token-{}", number);
        if (number % 2 == 0) {
            apple_->with_apple(
                [&](sim::Apple& apple, common::Now) { apple.store().put(shop, account, value); });
        }
        lane::produce(sender_->producer.get(), events_topic, account, event_text(number, account, value));
    }
    rd_kafka_poll(sender_->producer.get(), 0);
}

std::string World::begin_trouble(std::size_t minute) {
    const Trouble& trouble = troubles()[minute % troubles().size()];
    apple_->with_apple([&](sim::Apple& apple, common::Now now) {
        std::vector<sim::Fault> faults = trouble.faults;
        for (sim::Fault& fault : faults) {
            fault.until = now.steady + 40s;
        }
        apple.script(std::move(faults));
    });
    // The broker has its own: slow in every third minute.
    const bool slow = minute % 3 == 2;
    broker_.set_latency(slow ? 200ms : 0ms);
    return fmt::format("{}{}", trouble.name, slow ? ", slow broker" : "");
}

void World::end_trouble() {
    apple_->with_apple([](sim::Apple& apple, common::Now) { apple.script({}); });
    broker_.set_latency(0ms);
}

}  // namespace soak
