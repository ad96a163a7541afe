// The part of the Kafka checks that asks the brokers.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "worker/adapters/kafka/log_reader.hpp"
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
    const std::string& topic, TopicRole role, kafka::LogReader& reader,
    const kafka::Inspector::TopicSettings& settings) {
    TopicFacts facts{topic, role, reader.partitions(topic), common::Error{"nothing was told of it"}};
    if (const auto told = settings.find(topic); told != settings.end()) {
        facts.settings = told->second;
    }
    if (facts.partitions && role == TopicRole::source) {
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
    const auto topic_settings = (*inspector)->topic_settings(topics);
    std::vector<core::TopicPartition> partitions;
    long largest = 0;
    for (const std::string& topic : settings.topics) {
        const TopicFacts facts = facts_of(topic, TopicRole::source, **reader, topic_settings);
        largest = std::max(largest, message_bytes(facts));
        for (std::int32_t i = 0; facts.partitions && i < facts.partitions.value(); ++i) {
            partitions.push_back({topic, i});
        }
        add(judge_topic(facts, largest));
    }
    for (const std::string& topic : written) {
        const bool receipts = config.receipts.enabled && topic == config.receipts.topic;
        const auto role = receipts ? TopicRole::receipts : TopicRole::dead_letters;
        add(judge_topic(facts_of(topic, role, **reader, topic_settings), largest));
    }
    add(judge_group(settings.group_id, (*inspector)->group(), (*inspector)->positions(partitions)));
    return findings;
}

}  // namespace app::doctor
