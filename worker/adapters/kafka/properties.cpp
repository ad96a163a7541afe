#include "worker/adapters/kafka/properties.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "worker/adapters/kafka/rd.hpp"

namespace kafka {
namespace {

constexpr std::string_view file_suffix = ".file";

struct Rule {
    std::string_view key;
    bool (*broken)(std::string_view value);
    std::string_view problem;
    std::string_view remedy;
};

bool always(std::string_view) {
    return true;
}
bool on(std::string_view value) {
    return value == "true" || value == "t" || value == "1";
}
bool off(std::string_view value) {
    return value == "false" || value == "f" || value == "0";
}
bool not_all(std::string_view value) {
    return value != "all" && value != "-1";
}
bool above_five(std::string_view value) {
    int number = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
    return end.ec == std::errc{} && number > 5;
}
bool zero(std::string_view value) {
    return value == "0";
}
bool none(std::string_view value) {
    return value == "none";
}
bool uncommitted(std::string_view value) {
    return value == "read_uncommitted";
}
bool not_classic(std::string_view value) {
    return value != "classic";
}
bool cooperative_too_early(std::string_view value) {
    constexpr int fixed_in = 0x020a0000;  // 2.10
    return value.find("cooperative") != std::string_view::npos && rd_kafka_version() < fixed_in;
}

constexpr std::string_view remove_it = "Remove the key.";
constexpr std::string_view commit_early =
    "it commits records that are not executed yet, so a crash would lose revocations";
constexpr std::string_view lose_letters = "dead letters could be lost while their records are committed";
constexpr std::string_view reads_bytes = "it is wired by the worker itself";
constexpr std::string_view open_tls = "anybody in between could read and change events and tokens";
constexpr std::string_view fix_ca = "Remove the key and give the right ssl.ca.location.";
constexpr std::string_view secret =
    "a secret may only come from a file, so that it is in no configuration or log";

constexpr Rule rules[] = {
    {"enable.auto.commit", on, commit_early, remove_it},
    {"auto.commit.enable", on, commit_early, remove_it},
    {"enable.auto.offset.store", on, commit_early, remove_it},
    {"acks", not_all, lose_letters, "Remove the key; the worker uses all."},
    {"request.required.acks", not_all, lose_letters, "Remove the key; the worker uses all."},
    {"enable.idempotence", off, "a retried dead letter could be stored twice or out of order", remove_it},
    {"max.in.flight", above_five, "the idempotent producer keeps order with at most 5", "Use 5 or less."},
    {"max.in.flight.requests.per.connection", above_five,
     "the idempotent producer keeps order with at most 5", "Use 5 or less."},
    {"message.timeout.ms", zero, "a store would then never end", "Use a bound, such as 30000."},
    {"delivery.timeout.ms", zero, "a store would then never end", "Use a bound, such as 30000."},
    {"retries", zero, lose_letters, remove_it},
    {"message.send.max.retries", zero, lose_letters, remove_it},
    {"transactional.id", always, "the producer is not transactional", remove_it},
    {"isolation.level", uncommitted, "events whose transaction was rolled back would be executed", remove_it},
    {"partition.assignment.strategy", cooperative_too_early,
     "a commit during a cooperative rebalance can lose the assignment in this librdkafka",
     "Use range with a group instance id, or librdkafka 2.10 or newer."},
    {"group.protocol", not_classic, "the rebalance of the worker is made for the classic protocol",
     remove_it},
    {"auto.offset.reset", always, "it is a setting of the worker",
     "Remove the key and use kafka.auto_offset_reset: earliest or error."},
    {"group.id", always, "it is a setting of the worker", "Remove the key and use kafka.group_id."},
    {"group.instance.id", always, "it is a setting of the worker",
     "Remove the key and use kafka.group_instance_id."},
    {"session.timeout.ms", always, "it is a setting of the worker",
     "Remove the key and use kafka.session_timeout."},
    {"statistics.interval.ms", always, "it is a setting of the worker", remove_it},
    {"bootstrap.servers", always, "it is a setting of the worker",
     "Remove the key and use kafka.bootstrap_servers."},
    {"metadata.broker.list", always, "it is a setting of the worker",
     "Remove the key and use kafka.bootstrap_servers."},
    {"allow.auto.create.topics", on, "a misspelt topic would be created and read for ever",
     "Create the topics."},
    {"enable.ssl.certificate.verification", off, open_tls, fix_ca},
    {"ssl.endpoint.identification.algorithm", none, open_tls, fix_ca},
    {"log.queue", always, reads_bytes, remove_it},
    {"enabled_events", always, reads_bytes, remove_it},
    {"opaque", always, reads_bytes, remove_it},
    {"test.mock.num.brokers", always, "nothing would reach the real brokers", remove_it},
};

constexpr std::array secrets{
    std::string_view{"sasl.password"},           std::string_view{"ssl.key.password"},
    std::string_view{"ssl.keystore.password"},   std::string_view{"ssl.key.pem"},
    std::string_view{"sasl.oauthbearer.config"}, std::string_view{"sasl.oauthbearer.client.secret"}};

bool is_secret(std::string_view key) {
    return std::find(secrets.begin(), secrets.end(), key) != secrets.end();
}

bool ends_in_file(std::string_view key) {
    return key.size() > file_suffix.size() && key.substr(key.size() - file_suffix.size()) == file_suffix;
}

std::string without_suffix(const std::string& key) {
    return key.substr(0, key.size() - file_suffix.size());
}

// librdkafka's opinion, without its text where that would repeat the value.
std::optional<PropertyProblem> asked(
    rd_kafka_conf_t* scratch, const std::string& key, const std::string& value) {
    std::array<char, 256> text{};
    switch (rd_kafka_conf_set(scratch, key.c_str(), value.c_str(), text.data(), text.size())) {
        case RD_KAFKA_CONF_OK:
            return std::nullopt;
        case RD_KAFKA_CONF_UNKNOWN:
            return PropertyProblem{
                key, fmt::format("librdkafka {} knows no such property", rd_kafka_version_str()),
                "Check the spelling against CONFIGURATION.md of librdkafka."};
        default:
            return PropertyProblem{
                key, "librdkafka refuses the value",
                "Look up its type and range in CONFIGURATION.md of librdkafka."};
    }
}

bool known_to_librdkafka(rd_kafka_conf_t* scratch, const std::string& key) {
    return rd_kafka_conf_set(scratch, key.c_str(), "", nullptr, 0) != RD_KAFKA_CONF_UNKNOWN;
}

std::optional<PropertyProblem> checked(
    rd_kafka_conf_t* scratch, const Properties& all, const std::string& key, const std::string& value) {
    if (ends_in_file(key)) {
        const std::string plain = without_suffix(key);
        if (!known_to_librdkafka(scratch, plain)) {
            return PropertyProblem{
                key, fmt::format("librdkafka {} knows no property {}", rd_kafka_version_str(), plain),
                "Check the spelling against CONFIGURATION.md of librdkafka."};
        }
        if (all.count(plain) != 0) {
            return PropertyProblem{key, fmt::format("{} is given as well", plain), "Keep one of the two."};
        }
        if (!is_secret(plain)) {
            return PropertyProblem{key, "only secrets are read from files", fmt::format("Use {}.", plain)};
        }
        return std::nullopt;
    }
    if (is_secret(key)) {
        return PropertyProblem{
            key, std::string{secret}, fmt::format("Use {}{} with the path of a file.", key, file_suffix)};
    }
    const auto* rule = std::find_if(std::begin(rules), std::end(rules), [&](const Rule& each) {
        return each.key == key && each.broken(value);
    });
    if (rule != std::end(rules)) {
        return PropertyProblem{key, std::string{rule->problem}, std::string{rule->remedy}};
    }
    return asked(scratch, key, value);
}

}  // namespace

std::vector<PropertyProblem> check_properties(const Properties& properties) {
    const RdConf scratch{rd_kafka_conf_new()};
    std::vector<PropertyProblem> problems;
    for (const auto& [key, value] : properties) {
        if (auto problem = checked(scratch.get(), properties, key, value)) {
            problems.push_back(std::move(*problem));
        }
    }
    return problems;
}

common::Result<Properties> resolve_files(const Properties& properties) {
    Properties resolved;
    for (const auto& [key, value] : properties) {
        if (!ends_in_file(key)) {
            resolved[key] = value;
            continue;
        }
        std::ifstream file{value, std::ios::binary};
        std::string content{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
        if (!file) {
            return common::Error{fmt::format(
                "kafka.properties.{}: cannot read {}. Mount the secret there and let the worker's user read "
                "it.",
                key, value)};
        }
        while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) {
            content.pop_back();
        }
        resolved[without_suffix(key)] = std::move(content);
    }
    return resolved;
}

}  // namespace kafka
