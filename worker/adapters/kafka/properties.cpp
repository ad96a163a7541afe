#include "worker/adapters/kafka/properties.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "common/secret.hpp"
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

// Rules see the value as librdkafka understood it: "False" and "f" have become "false", "all" is -1.
bool always(std::string_view) {
    return true;
}
bool on(std::string_view value) {
    return value == "true";
}
bool off(std::string_view value) {
    return value == "false";
}
bool not_all(std::string_view value) {
    return value != "-1";
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
    return value != "classic" && value != "CLASSIC";
}

std::optional<long> number(std::string_view value) {
    long read = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), read);
    return end.ec == std::errc{} ? std::optional{read} : std::nullopt;
}
bool above_five(std::string_view value) {
    return number(value).value_or(0) > 5;
}
bool below_a_megabyte(std::string_view value) {
    constexpr long floor = 1'000'000;  // librdkafka's default, and about what brokers take unless told
    return number(value).value_or(floor) < floor;
}

bool cooperative(std::string_view value) {
    std::string lower{value};  // a text, kept as it was written
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return lower.find("cooperative") != std::string::npos;
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
    {"enable.gapless.guarantee", on,
     "one dead letter that the broker does not take in time would end the worker", remove_it},
    {"delivery.report.only.error", on,
     "a stored dead letter would never be told from one under way, so nothing would be committed", remove_it},
    {"message.max.bytes", below_a_megabyte, "larger dead letters would be stored without their value",
     "Remove the key, or use 1000000 or more."},
    {"plugin.library.paths", always, "foreign code could see and change every record and every secret",
     remove_it},
    {"isolation.level", uncommitted, "events whose transaction was rolled back would be executed", remove_it},
    {"partition.assignment.strategy", cooperative, "cooperative rebalancing is not tested with this worker",
     "Use range or roundrobin; with kafka.group_instance_id a restart costs no rebalance."},
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

// As librdkafka understood it; none: it has no such property, or the property has no value.
std::optional<std::string> value_in(const RdConf& conf, std::string_view key) {
    const std::string name{key};
    std::size_t size = 0;  // with a NUL
    if (rd_kafka_conf_get(conf.get(), name.c_str(), nullptr, &size) != RD_KAFKA_CONF_OK || size == 0) {
        return std::nullopt;
    }
    std::string value(size, '\0');
    if (rd_kafka_conf_get(conf.get(), name.c_str(), value.data(), &size) != RD_KAFKA_CONF_OK) {
        return std::nullopt;
    }
    value.resize(value.find('\0'));
    return value;
}

RdConf defaults() {
    RdConf conf{rd_kafka_conf_new()};
    rd_kafka_conf_set_default_topic_conf(
        conf.get(), rd_kafka_topic_conf_new());  // else their values are not there
    return conf;
}

// librdkafka's opinion, without its text where that would repeat the value.
std::optional<PropertyProblem> asked(
    const RdConf& scratch, const std::string& key, const std::string& value) {
    std::array<char, 256> text{};
    switch (rd_kafka_conf_set(scratch.get(), key.c_str(), value.c_str(), text.data(), text.size())) {
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

PropertyProblem refusal(const std::string& key, const Rule& rule) {
    return {key, std::string{rule.problem}, std::string{rule.remedy}};
}

// librdkafka is asked first and its reading of the value is judged, under every name that the key has: an
// alias shows by what it changes.
std::optional<PropertyProblem> judged(const std::string& key, const std::string& value) {
    for (const Rule& rule : rules) {
        if (rule.key == key && rule.broken == always) {
            return refusal(key, rule);  // unasked: setting plugin.library.paths would run the plugin
        }
    }
    const RdConf untouched = defaults();
    const RdConf scratch = defaults();
    if (auto problem = asked(scratch, key, value)) {
        return problem;
    }
    for (const Rule& rule : rules) {
        const auto now = value_in(scratch, rule.key);
        const bool concerned = rule.key == key || now != value_in(untouched, rule.key);
        if (concerned && now && rule.broken(*now)) {
            return refusal(key, rule);
        }
    }
    return std::nullopt;
}

bool known_to_librdkafka(const std::string& key) {
    const RdConf scratch{rd_kafka_conf_new()};
    return rd_kafka_conf_set(scratch.get(), key.c_str(), "", nullptr, 0) != RD_KAFKA_CONF_UNKNOWN;
}

std::optional<PropertyProblem> checked(
    const Properties& all, const std::string& key, const std::string& value) {
    if (const auto named = secret_of(key)) {
        const std::string& plain = *named;
        if (!known_to_librdkafka(plain)) {
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
    return judged(key, value);
}

}  // namespace

std::vector<PropertyProblem> check_properties(const Properties& properties) {
    std::vector<PropertyProblem> problems;
    for (const auto& [key, value] : properties) {
        if (auto problem = checked(properties, key, value)) {
            problems.push_back(std::move(*problem));
        }
    }
    return problems;
}

std::optional<std::string> secret_of(std::string_view key) {
    return key.size() > file_suffix.size() && key.ends_with(file_suffix)
               ? std::optional{std::string{key.substr(0, key.size() - file_suffix.size())}}
               : std::nullopt;
}

std::optional<std::string> read_secret(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::string block(4096, '\0');
    std::string content;
    // Not with stream iterators: they throw when the path is a directory.
    while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
        content.append(block, 0, static_cast<std::size_t>(file.gcount()));
    }
    common::wipe(block);
    if (!file.eof() || file.bad()) {
        return std::nullopt;
    }
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) {
        content.pop_back();
    }
    return content;
}

common::Result<Properties> resolve_files(const Properties& properties) {
    Properties resolved;
    for (const auto& [key, value] : properties) {
        const auto secret_key = secret_of(key);
        if (!secret_key) {
            resolved[key] = value;
            continue;
        }
        auto content = read_secret(value);
        if (!content) {
            return common::Error{fmt::format(
                "kafka.properties.{}: cannot read {}. Mount the secret there and let the worker's user read "
                "it.",
                key, value)};
        }
        resolved[*secret_key] = std::move(*content);
    }
    return resolved;
}

}  // namespace kafka
