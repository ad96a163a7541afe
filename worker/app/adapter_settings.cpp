#include "worker/app/adapter_settings.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <set>
#include <string_view>

#include "worker/core/settle/letter.hpp"

namespace app {

namespace {

std::string with_hostname(std::string text) {
    constexpr std::string_view placeholder = "{hostname}";
    std::array<char, 256> name{};
    static_cast<void>(::gethostname(name.data(), name.size() - 1));
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos;) {
        text.replace(at, placeholder.size(), name.data());
        at += std::string_view{name.data()}.size();
    }
    return text;
}

}  // namespace

kafka::KafkaSettings kafka_settings(const Config& config) {
    return {
        .bootstrap_servers = config.kafka.bootstrap_servers,
        .group_id = config.kafka.group_id,
        .group_instance_id = with_hostname(config.kafka.group_instance_id),
        .topics = config.kafka.topics,
        .reset = config.kafka.auto_offset_reset == OffsetReset::error ? kafka::OffsetReset::error
                                                                      : kafka::OffsetReset::earliest,
        .session_timeout =
            std::chrono::duration_cast<std::chrono::milliseconds>(config.kafka.session_timeout),
        .properties = config.kafka.properties,
    };
}

std::vector<auth::Credential> signed_credentials(const Config& config) {
    std::vector<auth::Credential> all;
    const auto add = [&](auth::Credential credential, const std::vector<KeyConfig>& keys,
                         common::Duration lifetime) {
        for (const KeyConfig& key : keys) {
            credential.keys.push_back({key.id, key.file});
        }
        credential.lifetime = std::chrono::duration_cast<std::chrono::seconds>(lifetime);
        all.push_back(std::move(credential));
    };
    for (const AppConfig& app : config.apps) {
        add({app.name, auth::AppIdentity{app.issuer_id, app.bundle_id}, {}}, app.keys, app.token_lifetime);
    }
    for (const ClientConfig& client : config.identity.clients) {
        add({client.client_id, auth::ClientIdentity{client.team_id, client.client_id}, {}}, client.keys,
            client.secret_lifetime);
    }
    return all;
}

std::string replay_group_of(const Config& config) {
    return config.kafka.group_id + ".replay";
}
std::string watch_group_of(const Config& config) {
    return config.kafka.group_id + ".dead-letters";
}

std::vector<std::string> dead_letter_topics(const Config& config) {
    std::set<std::string> topics;
    for (const std::string& source : config.kafka.topics) {
        for (const core::DeadLetterReason reason : core::dead_letter_reasons) {
            topics.insert(core::dead_letter_topic(config.dead_letter_topic, source, reason));
        }
    }
    return {topics.begin(), topics.end()};
}

std::vector<std::string> written_topics(const Config& config) {
    const std::vector<std::string> letters = dead_letter_topics(config);
    std::set<std::string> topics{letters.begin(), letters.end()};
    if (config.receipts.enabled) {
        topics.insert(config.receipts.topic);
    }
    return {topics.begin(), topics.end()};
}

}  // namespace app
