#include "worker/app/config/rules.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <system_error>

#include "worker/adapters/kafka/properties.hpp"
#include "worker/core/settle/letter.hpp"

namespace app {

namespace {

constexpr std::string_view topic_rule = "letters, digits, '.', '_' and '-', at most 249";

bool legal_topic(std::string_view topic) {
    const bool plain =
        topic.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
        std::string_view::npos;
    return plain && !topic.empty() && topic.size() <= 249 && topic != "." && topic != "..";
}

// http://host:port
bool names_proxy(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    const std::size_t colon = text.rfind(':');
    if (!text.starts_with(scheme) || colon <= scheme.size() || colon == std::string_view::npos) {
        return false;
    }
    const std::string_view host = text.substr(scheme.size(), colon - scheme.size());
    const std::string_view digits = text.substr(colon + 1);
    unsigned port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return host.find_first_of(" /?#@") == std::string_view::npos && problem == std::errc{} &&
           end == digits.data() + digits.size() && port >= 1 && port <= 65535;
}

class Rules {
public:
    Rules(const Config& config, const Checked& checked, Report& report)
        : config_{config}, checked_{checked}, report_{report} {}

    void topics() {
        std::set<std::string> sources;
        for (std::size_t i = 0; i < config_.kafka.topics.size(); ++i) {
            const std::string& topic = config_.kafka.topics[i];
            const std::string path = fmt::format("kafka.topics[{}]", i);
            if (topic.empty()) {
                continue;  // reported already
            }
            if (!legal_topic(topic)) {
                error(
                    path, quoted(topic) + " is not the name of a topic; patterns are not supported",
                    topic_rule, "- account-events");
            } else if (!sources.insert(topic).second) {
                error(path, quoted(topic) + " is listed twice", "every topic once", "remove one of the two");
            }
        }
        const std::set<std::string> letters = dead_letter_topics(sources);
        if (config_.receipts.enabled) {
            receipts(sources, letters);
        }
    }

    void kafka_properties() {
        const kafka::Properties& given = config_.kafka.properties;
        const std::vector<kafka::PropertyProblem> problems = kafka::check_properties(given);
        const auto refused = [&](const std::string& key) {
            return std::any_of(problems.begin(), problems.end(), [&](const kafka::PropertyProblem& problem) {
                return problem.key == key;
            });
        };
        for (const kafka::PropertyProblem& found : problems) {
            constexpr std::string_view suffix = ".file";
            const bool in_a_file = found.key.ends_with(suffix);
            const std::string plain = found.key.substr(0, found.key.size() - (in_a_file ? suffix.size() : 0));
            const bool both = given.contains(plain) && given.contains(plain + std::string{suffix});
            // A secret is refused in plain, whatever else is given: one remedy for the pair, not two that
            // differ.
            if (both && refused(plain)) {
                if (!in_a_file) {
                    error(
                        "kafka.properties." + plain, found.problem, "",
                        fmt::format("Remove it: {}{} is given as well.", plain, suffix));
                }
                continue;
            }
            error("kafka.properties." + found.key, found.problem, "", found.remedy);
        }
    }

    void apple() {
        const AppleConfig& apple = config_.apple;
        ordered("apple.retry", apple.retry, "base", "longest");
        ordered("apple.breaker", apple.breaker.probe, "probe_base", "probe_longest");
        if (static_cast<std::size_t>(apple.breaker.failures) > apple.breaker.window) {
            error(
                "apple.breaker.failures",
                fmt::format(
                    "{} failures cannot be among {} answers, so the breaker would never open",
                    apple.breaker.failures, apple.breaker.window),
                "failures at most as large as window", fmt::format("window: {}", apple.breaker.failures * 2));
        }
        if (!apple.proxy.empty() && apple.transport == TransportKind::http2) {
            error(
                "apple.proxy", "the http2 transport cannot use a proxy", "transport http1 with a proxy",
                "transport: http1");
        }
        if (!apple.proxy.empty() && apple.proxy.find('@') != std::string::npos) {
            error(
                "apple.proxy", "a password does not belong here", "http://host:port",
                "proxy: http://proxy.internal:3128");
        } else if (!apple.proxy.empty() && !names_proxy(apple.proxy)) {
            error(
                "apple.proxy", "this is not the address of an HTTP proxy", "http://host:port",
                "proxy: http://proxy.internal:3128");
        }
        if (apple.request_timeout > config_.drain_timeout) {
            warn(
                "apple.request_timeout",
                "it is longer than drain_timeout, so a stop may cut requests short; they are then repeated",
                "request_timeout at most as long as drain_timeout", "a longer drain_timeout");
        }
        if (apple.request_timeout >= config_.standstill_warn_after) {
            warn(
                "standstill.warn_after",
                "it is not longer than apple.request_timeout, so a single request that hangs is told as a "
                "standstill",
                "several times apple.request_timeout", "warn_after: 2m");
        }
        if (config_.standstill_fail_after < config_.standstill_warn_after) {
            error(
                "standstill.fail_after",
                "it is shorter than standstill.warn_after, so /livez would fail untold",
                "fail_after at least as long as warn_after", "fail_after: 15m");
        }
        if (config_.records_buffered_max < apple.in_flight_max) {
            warn(
                "limits.records_buffered_max",
                fmt::format(
                    "it is below apple.in_flight_max ({}), so that many are hardly ever in flight",
                    apple.in_flight_max),
                "several times apple.in_flight_max",
                fmt::format("records_buffered_max: {}", apple.in_flight_max * 10));
        }
    }

    void apps() {
        std::set<std::string> names;
        for (std::size_t i = 0; i < config_.apps.size(); ++i) {
            const AppConfig& app = config_.apps[i];
            const std::string at = fmt::format("apps[{}]", i);
            if (!app.name.empty() && !names.insert(app.name).second) {
                error(
                    at + ".name",
                    fmt::format(
                        "a second app is called {}, so events could not tell them apart", quoted(app.name)),
                    "a name of its own for every app", "");
            }
            keys_once(at, app.keys, "app");
            if (app.environment == AppleEnvironment::production &&
                app.base_url.find("sandbox") != std::string::npos) {
                warn(
                    at + ".base_url", "a sandbox host for an app in the production environment",
                    "a host of the app's environment", "environment: sandbox");
            }
        }
    }

    void identity() {
        std::set<std::string> ids;
        for (std::size_t i = 0; i < config_.identity.clients.size(); ++i) {
            const ClientConfig& client = config_.identity.clients[i];
            const std::string at = fmt::format("sign_in_with_apple.clients[{}]", i);
            if (!client.client_id.empty() && !ids.insert(client.client_id).second) {
                error(
                    at + ".client_id",
                    fmt::format(
                        "a second client is called {}, so nobody could tell whose secret to use",
                        quoted(client.client_id)),
                    "every client once", "remove one of the two");
            }
            keys_once(at, client.keys, "client");
        }
    }

    void aliases() {
        for (const auto& [alias, type] : config_.type_aliases) {
            for (const core::EventType known : core::event_types) {
                if (alias == core::type_name(known)) {
                    error(
                        "events.type_aliases." + alias,
                        "this is the name of an event type, not another name for one",
                        "a name that the contract does not use", "remove the line");
                }
            }
        }
    }

    void admin() {
        std::array<unsigned char, 16> address{};
        const char* text = config_.admin_address.c_str();
        if (inet_pton(AF_INET, text, address.data()) != 1 && inet_pton(AF_INET6, text, address.data()) != 1) {
            error(
                "admin.address", quoted(config_.admin_address) + " is not an IP address",
                "an IPv4 or IPv6 address", "address: 127.0.0.1");
        }
    }

private:
    void keys_once(const std::string& at, const std::vector<KeyConfig>& keys, std::string_view whose) {
        std::set<std::string> ids;
        for (std::size_t k = 0; k < keys.size(); ++k) {
            if (!keys[k].id.empty() && !ids.insert(keys[k].id).second) {
                error(
                    fmt::format("{}.keys[{}].id", at, k),
                    fmt::format("{} is given twice for this {}", quoted(keys[k].id), whose), "every key once",
                    "remove one of the two");
            }
        }
    }

    std::set<std::string> dead_letter_topics(const std::set<std::string>& sources) {
        std::set<std::string> letters;
        for (const std::string& source : sources) {
            for (const core::DeadLetterReason reason : core::dead_letter_reasons) {
                letters.insert(core::dead_letter_topic(config_.dead_letter_topic, source, reason));
            }
        }
        for (const std::string& letter : letters) {
            if (!legal_topic(letter)) {
                error(
                    "dead_letters.topic", quoted(letter) + " would not be the name of a topic",
                    fmt::format("{}, with {{topic}} and {{reason}} filled in", topic_rule),
                    "topic: \"{topic}.dead-letters\"");
                break;
            }
            if (sources.contains(letter)) {
                error(
                    "dead_letters.topic",
                    fmt::format(
                        "dead letters would go to the source topic {} and come back for ever",
                        quoted(letter)),
                    "a topic that is not in kafka.topics", "topic: \"{topic}.dead-letters\"");
            }
        }
        return letters;
    }

    void receipts(const std::set<std::string>& sources, const std::set<std::string>& letters) {
        const std::string& topic = config_.receipts.topic;
        if (!legal_topic(topic)) {
            error(
                "receipts.topic", quoted(topic) + " is not the name of a topic", std::string{topic_rule},
                "topic: autosignin-receipts");
        } else if (sources.contains(topic) || letters.contains(topic)) {
            error(
                "receipts.topic",
                fmt::format(
                    "{} is also a {} topic", quoted(topic),
                    sources.contains(topic) ? "source" : "dead-letter"),
                "a topic of its own", "topic: autosignin-receipts");
        }
    }

    void ordered(
        const std::string& section, const core::Backoff& backoff, std::string_view base,
        std::string_view longest) {
        if (backoff.base > backoff.longest) {
            error(
                fmt::format("{}.{}", section, base), fmt::format("it is longer than {}", longest),
                fmt::format("{} at most as long as {}", base, longest), "");
        }
    }

    void error(const std::string& path, std::string problem, std::string_view expected, std::string remedy) {
        report_.add(
            {Gravity::error, checked_.origin(path), path, std::move(problem), std::string{expected},
             std::move(remedy)});
    }
    void warn(const std::string& path, std::string problem, std::string_view expected, std::string remedy) {
        report_.add(
            {Gravity::warning, checked_.origin(path), path, std::move(problem), std::string{expected},
             std::move(remedy)});
    }

    const Config& config_;
    const Checked& checked_;
    Report& report_;
};

}  // namespace

void check_rules(const Config& config, const Checked& checked, Report& report) {
    Rules rules{config, checked, report};
    rules.topics();
    rules.kafka_properties();
    rules.apple();
    rules.apps();
    rules.identity();
    rules.aliases();
    rules.admin();
}

}  // namespace app
