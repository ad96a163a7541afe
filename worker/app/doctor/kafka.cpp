#include "worker/app/doctor/kafka.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace app::doctor {

namespace {

constexpr long day_ms = 24L * 60 * 60 * 1000;
constexpr const char* without_count =
    "Without it the worker does not count open dead letters; dead_letters.watch: false says that it need "
    "not.";

constexpr const char* without_replay =
    "Without it `dead-letters replay` cannot work; the worker needs it not.";
constexpr const char* without_audit =
    "`dead-letters` stores there who did what and why, also when receipts.enabled is false, and does nothing "
    "without.";

std::string value_in(const kafka::Properties& settings, const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string{} : found->second;
}

std::optional<long> number_in(const kafka::Properties& settings, const char* name) {
    const std::string text = value_in(settings, name);
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && !text.empty() ? std::optional{number} : std::nullopt;
}

std::string_view role_name(TopicRole role) {
    switch (role) {
        case TopicRole::source:
            return "events";
        case TopicRole::dead_letters:
            return "dead letters";
        case TopicRole::receipts:
            return "receipts";
    }
    return "";
}

std::string kept_text(long retention_ms) {
    return retention_ms < 0            ? std::string{"for ever"}
           : retention_ms < 2 * day_ms ? fmt::format("for {} h", retention_ms / (day_ms / 24))
                                       : fmt::format("for {} days", retention_ms / day_ms);
}

struct Retention {
    const char* loss;  // what goes with an expired record
    long least_days;
};
Retention retention_of(TopicRole role) {
    switch (role) {
        case TopicRole::source:
            return {"An outage that lasts longer loses revocations for good.", 7};
        case TopicRole::dead_letters:
            return {"An open dead letter that expires is a token that stays.", 30};
        case TopicRole::receipts:
            return {"The account system learns nothing of receipts that it reads later.", 1};
    }
    return {"", 0};
}

void judge_retention(const TopicFacts& facts, const kafka::Properties& settings, Findings& findings) {
    const std::string check = fmt::format("kafka retention {}", facts.name);
    const std::string policy = value_in(settings, "cleanup.policy");
    if (policy.find("compact") != std::string::npos) {
        findings.push_back(
            {facts.role == TopicRole::receipts ? Verdict::warn : Verdict::fail, check,
             fmt::format("cleanup.policy={}: an account's later record removes the earlier one", policy),
             "Set cleanup.policy=delete."});
    }
    const auto kept = number_in(settings, "retention.ms");
    if (!kept || policy.find("delete") == std::string::npos) {
        return;
    }
    const Retention wanted = retention_of(facts.role);
    const std::string sentence = fmt::format("records are kept {}", kept_text(*kept));
    if (*kept >= 0 && *kept < wanted.least_days * day_ms) {
        findings.push_back(
            {Verdict::warn, check, sentence,
             fmt::format(
                 "{} Set retention.ms to {} days or more, or to -1.", wanted.loss, wanted.least_days)});
    } else {
        findings.push_back({Verdict::pass, check, sentence});
    }
}

Finding judge_read(const TopicFacts& facts) {
    const std::string check = fmt::format("kafka right to read {}", facts.name);
    if (facts.read_problem->empty()) {
        return {Verdict::pass, check, "granted"};
    }
    if (facts.role == TopicRole::source) {
        return {Verdict::fail, check, *facts.read_problem};
    }
    return {
        Verdict::warn, check, *facts.read_problem,
        facts.role == TopicRole::receipts ? without_replay : without_count};
}

Finding judge_write(const TopicFacts& facts) {
    const std::string check = fmt::format("kafka right to write {}", facts.name);
    switch (facts.write.right) {
        case kafka::Right::granted:
            return {Verdict::pass, check, "granted"};
        case kafka::Right::missing:
            if (facts.role == TopicRole::source || !facts.needed) {
                return {
                    Verdict::warn, check, fmt::format("missing. {}", facts.write.sentence),
                    facts.needed ? without_replay : without_audit};
            }
            return {
                Verdict::fail, check, fmt::format("missing: {} cannot be stored", role_name(facts.role)),
                facts.write.sentence};
        case kafka::Right::unknown:
            break;
    }
    if (facts.role == TopicRole::source || !facts.needed) {
        return {
            Verdict::skip, check, fmt::format("not known: {}", facts.write.sentence),
            facts.needed ? without_replay : without_audit};
    }
    return {
        Verdict::skip, check, fmt::format("not known: {}", facts.write.sentence),
        "The worker's user needs Write and Describe. Without them the first record that is stored tells it "
        "(kafka_no_topic_right), and nothing is lost."};
}

}  // namespace

Findings judge_producer(long record_bytes_max, long source_message_bytes) {
    // Room for the headers of a dead letter.
    constexpr long headers_bytes = 65'536;
    if (record_bytes_max >= source_message_bytes + headers_bytes) {
        return {};
    }
    return {
        {Verdict::warn, "kafka producer",
         fmt::format(
             "message.max.bytes={} does not hold the largest original ({}) with its headers: it would be "
             "stored "
             "without its value",
             record_bytes_max, source_message_bytes),
         fmt::format(
             "Set kafka.properties.message.max.bytes to {} or more.", source_message_bytes + headers_bytes)}};
}

Finding judge_commit(const std::string& group, const kafka::RightFound& found, bool needed) {
    const std::string check = fmt::format("kafka right to commit for {}", group);
    switch (found.right) {
        case kafka::Right::granted:
            return {Verdict::pass, check, "granted"};
        case kafka::Right::missing:
            return needed
                       ? Finding{Verdict::fail, check, "missing", found.sentence}
                       : Finding{
                             Verdict::warn, check, fmt::format("missing. {}", found.sentence), without_count};
        case kafka::Right::unknown:
            break;
    }
    return {
        Verdict::skip, check, fmt::format("not known: {}", found.sentence),
        "The worker's user needs Read on the group."};
}

Findings judge_topic(const TopicFacts& facts, long source_message_bytes) {
    Findings findings;
    const std::string check = fmt::format("kafka topic {}", facts.name);
    if (!facts.partitions && !facts.needed) {
        return {{Verdict::warn, check, facts.partitions.error().message, without_audit}};
    }
    if (!facts.partitions) {
        return {
            {Verdict::fail, check, facts.partitions.error().message,
             fmt::format("Create the topic ({}), or grant Describe on it.", role_name(facts.role))}};
    }
    const std::int32_t partitions = facts.partitions.value();
    findings.push_back(
        {Verdict::pass, check,
         fmt::format("{}, {} partition{}", role_name(facts.role), partitions, partitions == 1 ? "" : "s")});
    if (facts.role == TopicRole::source && partitions == 1) {
        findings.back().verdict = Verdict::warn;
        findings.back().remedy = "With one partition a second replica has nothing to do; more allow scaling.";
    }
    if (!facts.settings) {
        findings.push_back(
            {Verdict::skip, fmt::format("kafka retention {}", facts.name),
             fmt::format("not checked: {}", facts.settings.error().message)});
    } else {
        judge_retention(facts, facts.settings.value(), findings);
        const auto limit = number_in(facts.settings.value(), "max.message.bytes");
        if (facts.role == TopicRole::dead_letters && limit && *limit < source_message_bytes) {
            findings.push_back(
                {Verdict::warn, check,
                 fmt::format(
                     "max.message.bytes={} is below the source's {}: larger originals lose their value",
                     *limit, source_message_bytes),
                 "Raise max.message.bytes above the source's, for the headers that are added."});
        }
    }
    if (facts.read_problem) {
        findings.push_back(judge_read(facts));
    }
    findings.push_back(judge_write(facts));
    return findings;
}

Findings judge_group(
    const std::string& group, const common::Result<std::optional<kafka::GroupState>>& state,
    const common::Result<kafka::Positions>& positions) {
    Findings findings;
    const std::string check = fmt::format("kafka group {}", group);
    if (!state) {
        findings.push_back({Verdict::skip, check, fmt::format("not checked: {}", state.error().message)});
    } else if (!state.value()) {
        findings.push_back({Verdict::pass, check, "does not exist yet; the first worker makes it"});
    } else {
        findings.push_back(
            {Verdict::pass, check,
             fmt::format(
                 "{}, {} member{}", state.value()->state, state.value()->members,
                 state.value()->members == 1 ? "" : "s")});
    }
    const std::string where = fmt::format("kafka offsets of {}", group);
    if (!positions) {
        findings.push_back(
            {Verdict::fail, where, positions.error().message,
             fmt::format("Grant Read on the consumer group {}.", group)});
        return findings;
    }
    std::size_t held = 0;
    std::size_t reset = 0;
    std::string example;
    for (const kafka::Position& each : positions.value().found) {
        if (!each.held.empty() || each.reset) {
            ++(each.held.empty() ? reset : held);
            example = fmt::format("{}[{}]", each.partition.topic, each.partition.partition);
        }
    }
    if (held > 0) {
        findings.push_back(
            {Verdict::fail, where,
             fmt::format(
                 "{} partition{} would be held, for example {}: no usable offset", held, held == 1 ? "" : "s",
                 example),
             "kafka.auto_offset_reset is error: set the offsets with kafka-consumer-groups --reset-offsets, "
             "or "
             "use earliest."});
    } else if (reset > 0) {
        findings.push_back(
            {Verdict::warn, where,
             fmt::format(
                 "{} committed offset{} no longer there, for example of {}: read again from the beginning",
                 reset, reset == 1 ? " is" : "s are", example),
             "Records expired before they were read, or the topic was made again: find out which."});
    } else {
        findings.push_back(
            {Verdict::pass, where,
             fmt::format(
                 "{} partition{} with a start", positions.value().found.size(),
                 positions.value().found.size() == 1 ? "" : "s")});
    }
    return findings;
}

}  // namespace app::doctor
