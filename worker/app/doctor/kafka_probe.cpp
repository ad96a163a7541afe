// The part of the Kafka checks that asks the brokers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <map>
#include <set>

#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/adapters/kafka/rights.hpp"
#include "worker/app/adapter_settings.hpp"
#include "worker/app/doctor/kafka.hpp"

namespace app::doctor {

namespace {

constexpr common::Duration patience = std::chrono::seconds{5};

std::string read_problem(kafka::LogReader& reader, const std::string& topic) {
    const core::TopicPartition first{topic, 0};
    const auto marks = reader.watermarks(first);
    if (!marks) {
        return marks.error().message;
    }
    // Behind the end: the brokers judge the right to read, and hand over no record.
    const core::Offset end = marks.value().end;
    const auto read = reader.read(first, end, end + 1, [](core::Record&&) { return false; });
    return read ? std::string{} : read.error().message;
}

TopicFacts facts_of(
    const std::string& topic, TopicRole role, bool is_read, kafka::LogReader& reader,
    const kafka::Inspector::TopicSettings& settings) {
    TopicFacts facts{topic, role, reader.partitions(topic), common::Error{"nothing was told of it"}};
    if (const auto told = settings.find(topic); told != settings.end()) {
        facts.settings = told->second;
    }
    if (facts.partitions && is_read) {
        facts.read_problem = read_problem(reader, topic);
    }
    return facts;
}

long message_bytes(const TopicFacts& facts) {
    long bytes = 0;
    if (facts.settings) {
        const auto found = facts.settings.value().find("max.message.bytes");
        if (found != facts.settings.value().end()) {
            const std::string& text = found->second;
            std::from_chars(text.data(), text.data() + text.size(), bytes);
        }
    }
    return bytes;
}

// Brokers that tell the topic's limit, or refuse to, look at rights as Apache Kafka does; others are not
// asked.
void ask_rights_to_write(
    const kafka::KafkaSettings& settings, const std::set<std::string>& withheld,
    std::vector<TopicFacts>& written) {
    constexpr long otherwise = 1'048'588;  // Kafka's default of max.message.bytes
    std::map<std::string, std::size_t> limits;
    for (const TopicFacts& facts : written) {
        const long told = message_bytes(facts);
        if (facts.partitions && (told > 0 || withheld.contains(facts.name))) {
            limits.emplace(facts.name, static_cast<std::size_t>(told > 0 ? told : otherwise));
        }
    }
    const auto rights = limits.empty() ? std::map<std::string, kafka::RightFound>{}
                                       : kafka::rights_to_write(settings, limits, patience);
    for (TopicFacts& facts : written) {
        if (const auto found = rights.find(facts.name); found != rights.end()) {
            facts.write = found->second;
        } else {
            facts.write.sentence = "only a record would show it, and these brokers might take it";
        }
    }
}

}  // namespace

Findings check_kafka(const Config& config) {
    const kafka::KafkaSettings settings = kafka_settings(config);
    auto inspector = kafka::Inspector::open(settings, patience);
    auto reader = kafka::LogReader::open(settings, patience);
    if (!inspector || !reader) {
        return {{Verdict::fail, "kafka", inspector ? reader.error().message : inspector.error().message}};
    }
    const auto brokers = (*inspector)->brokers();
    if (!brokers) {
        return {
            {Verdict::fail, "kafka brokers", brokers.error().message},
            {Verdict::skip, "kafka topics, rights and group", "not asked: the brokers cannot be reached"}};
    }
    Findings findings{
        {Verdict::pass, "kafka brokers",
         fmt::format(
             "{} reachable through {}",
             brokers.value() == 1 ? "1 broker" : fmt::format("{} brokers", brokers.value()),
             settings.bootstrap_servers)}};
    const auto add = [&](Findings more) {
        std::move(more.begin(), more.end(), std::back_inserter(findings));
    };
    const std::vector<std::string> written = written_topics(config);
    std::vector<std::string> topics = settings.topics;
    topics.insert(topics.end(), written.begin(), written.end());
    if (!config.receipts.enabled) {
        topics.push_back(config.receipts.topic);
    }
    const auto topic_settings = (*inspector)->topic_settings(topics);
    std::vector<core::TopicPartition> partitions;
    long largest = 0;
    std::vector<TopicFacts> sources;
    for (const std::string& topic : settings.topics) {
        sources.push_back(facts_of(topic, TopicRole::source, true, **reader, topic_settings));
        const TopicFacts& facts = sources.back();
        largest = std::max(largest, message_bytes(facts));
        for (std::int32_t i = 0; facts.partitions && i < facts.partitions.value(); ++i) {
            partitions.push_back({topic, i});
        }
    }
    ask_rights_to_write(settings, (*inspector)->withheld(), sources);
    for (const TopicFacts& facts : sources) {
        add(judge_topic(facts, largest));
    }
    add(judge_producer(kafka::record_bytes_max(settings.properties), largest));
    std::vector<TopicFacts> all_written;
    for (const std::string& topic : written) {
        const bool receipts = config.receipts.enabled && topic == config.receipts.topic;
        all_written.push_back(facts_of(
            topic, receipts ? TopicRole::receipts : TopicRole::dead_letters,
            receipts || config.dead_letters_watched, **reader, topic_settings));
    }
    if (!config.receipts.enabled) {
        all_written.push_back(
            facts_of(config.receipts.topic, TopicRole::receipts, false, **reader, topic_settings));
        all_written.back().needed = false;
    }
    ask_rights_to_write(settings, (*inspector)->withheld(), all_written);
    for (const TopicFacts& facts : all_written) {
        add(judge_topic(facts, largest));
    }
    add(judge_group(settings.group_id, (*inspector)->group(), (*inspector)->positions(partitions)));
    const auto may_commit = [&](const std::string& group, const std::string& topic, bool needed) {
        findings.push_back(
            judge_commit(group, kafka::right_to_commit(settings, group, topic, patience), needed));
    };
    may_commit(settings.group_id, settings.topics.front(), true);
    if (config.dead_letters_watched) {
        const std::string letters = dead_letter_topics(config).front();
        may_commit(watch_group_of(config), letters, false);
        may_commit(replay_group_of(config), letters, false);
    }
    return findings;
}

}  // namespace app::doctor
