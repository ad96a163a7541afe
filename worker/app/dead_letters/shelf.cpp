#include "worker/app/dead_letters/shelf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "worker/app/adapter_settings.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/identity/problem.hpp"
#include "worker/core/outcome/classify.hpp"

namespace app::dead_letters {
namespace {

constexpr common::Duration patience = std::chrono::seconds{10};

// Without the right to see it the tools work as well; what was settled long ago may look open then.
std::vector<kafka::GroupOffset> closed_by_the_watch(
    const Config& config, kafka::KafkaSettings settings,
    const std::vector<core::TopicPartition>& partitions) {
    settings.group_id = watch_group_of(config);
    auto known = kafka::group_offsets(settings, partitions, patience);
    if (known) {
        return std::move(*known);
    }
    fmt::print(
        stderr,
        "autosignin-worker: what the workers' watch knows is left out, so letters that were settled long ago "
        "may "
        "look open: {}\n",
        known.error().message);
    return std::vector<kafka::GroupOffset>(partitions.size());
}

}  // namespace

Stretch stretch_of(
    core::TopicPartition partition, const kafka::Watermarks& marks, const kafka::GroupOffset& replay,
    const kafka::GroupOffset& watch) {
    return core::stretch_of(
        std::move(partition), marks.first, marks.end, {replay.committed, replay.metadata},
        {watch.committed, watch.metadata});
}

std::string replay_group(const Config& config) {
    return replay_group_of(config);
}

kafka::KafkaSettings replay_settings(const Config& config, std::vector<std::string> topics) {
    kafka::KafkaSettings settings = kafka_settings(config);
    settings.group_id = replay_group(config);
    settings.group_instance_id.clear();
    settings.topics = std::move(topics);
    return settings;
}

common::Result<Shelf> Shelf::open(const Config& config) {
    Shelf shelf;
    shelf.rules_ = to_settings(config).rules;
    shelf.sources_ = config.kafka.topics;
    const kafka::KafkaSettings settings = replay_settings(config, {});
    auto reader = kafka::LogReader::open(settings, patience);
    if (!reader) {
        return reader.error();
    }
    shelf.reader_ = std::move(*reader);
    std::vector<core::TopicPartition> partitions;
    for (const std::string& topic : dead_letter_topics(config)) {
        const auto there = shelf.reader_->has(topic);
        if (!there) {
            return there.error();
        }
        if (!*there) {
            shelf.missing_.push_back(topic);
            continue;
        }
        shelf.topics_.push_back(topic);
        const auto count = shelf.reader_->partitions(topic);
        if (!count) {
            return count.error();
        }
        for (std::int32_t number = 0; number < *count; ++number) {
            partitions.push_back({topic, number});
        }
    }
    if (partitions.empty()) {
        return common::Error{fmt::format(
            "{}: there is no such topic, so dead letters have no place to go to either: create it",
            fmt::join(shelf.missing_, ", "))};
    }
    const auto group = kafka::group_offsets(settings, partitions, patience);
    if (!group) {
        return group.error();
    }
    const auto watched = closed_by_the_watch(config, settings, partitions);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        const auto marks = shelf.reader_->watermarks(partitions[i]);
        if (!marks) {
            return marks.error();
        }
        shelf.stretches_.push_back(stretch_of(partitions[i], *marks, (*group)[i], watched[i]));
        shelf.watched_.emplace(partitions[i], watched[i]);
    }
    return shelf;
}

common::Result<Stretch> Shelf::again(const Stretch& stretch, const kafka::GroupOffset& replay) {
    const auto marks = reader_->watermarks(stretch.partition);
    if (!marks) {
        return marks.error();
    }
    return stretch_of(stretch.partition, *marks, replay, watched_.at(stretch.partition));
}

core::KnownNames Shelf::known() const {
    core::KnownNames known;
    for (const auto& [app, id] : rules_.apps) {
        known.apps.push_back(app);
    }
    known.topics = sources_;
    const auto answers = core::answer_classes();
    known.codes.assign(answers.begin(), answers.end());
    for (const core::InvalidCode& invalid : core::invalid_codes) {
        known.codes.push_back(invalid.code);
    }
    for (const core::InvalidCode& invalid : core::identity_codes) {
        known.codes.push_back(invalid.code);
    }
    for (const Stretch& stretch : stretches_) {
        known.partitions = std::max(known.partitions, stretch.partition.partition + 1);
        known.end = std::max(known.end, stretch.end.value);
    }
    return known;
}

common::Result<bool> Shelf::read(const Stretch& stretch, core::Offset from, const Take& take) {
    const auto end = reader_->read(stretch.partition, from, stretch.end, [&](core::Record&& record) {
        core::LetterRead read = core::read_letter(stretch.partition, record, rules_);
        return take(std::move(read), std::move(record));
    });
    if (!end) {
        return end.error();
    }
    return true;
}

}  // namespace app::dead_letters
