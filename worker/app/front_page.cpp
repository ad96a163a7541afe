#include "worker/app/front_page.hpp"

#include <numeric>

#include "worker/core/letters/read_letter.hpp"

namespace app {
namespace {

admin::Brokers brokers(kafka::Contact contact) {
    switch (contact) {
        case kafka::Contact::none_yet:
            return admin::Brokers::not_yet;
        case kafka::Contact::reached:
            return admin::Brokers::answer;
        case kafka::Contact::lost:
            break;
    }
    return admin::Brokers::away;
}

admin::Letters letters(const ledger::Owing& owing, common::WallTime now) {
    admin::Letters known;
    known.watched = owing.watched;
    const auto add = [&](std::optional<core::DeadLetterReason> reason) {
        known.open.emplace_back(
            std::string{core::reason_word(reason)}, owing.open.at(core::count_index(reason)));
    };
    for (const core::DeadLetterReason reason : core::dead_letter_reasons) {
        add(reason);
    }
    add(std::nullopt);
    if (owing.oldest) {
        known.oldest = common::age(*owing.oldest, now);
    }
    return known;
}

}  // namespace

admin::Surroundings surroundings(
    const kafka::KafkaStats& source, const std::optional<ledger::Standing>& standing, common::WallTime now) {
    admin::Surroundings around;
    around.brokers = brokers(source.contact);
    around.held = source.partitions_held;
    around.refused = source.partitions_refused;
    around.letters_watched = standing.has_value();
    if (standing && standing->owing) {
        around.letters = letters(*standing->owing, now);
    }
    return around;
}

std::vector<admin::PartitionLag> known_lags(const kafka::KafkaStats& source) {
    std::vector<admin::PartitionLag> lags;
    for (const kafka::PartitionLag& one : source.snapshot.partitions) {
        if (one.lag) {
            lags.push_back({one.partition, *one.lag});
        }
    }
    return lags;
}

admin::Moment moment(const core::Stats& stats, const core::Status& status, common::Instant now) {
    admin::Moment told;
    told.at = now;
    for (const auto& by_outcome : stats.counters.events_settled) {
        told.settled = std::accumulate(by_outcome.begin(), by_outcome.end(), told.settled);
    }
    told.attempts =
        std::accumulate(stats.counters.attempts.begin(), stats.counters.attempts.end(), std::uint64_t{0});
    told.in_flight = status.in_flight;
    told.oldest = status.oldest_unexecuted.value_or(common::Duration{});
    return told;
}

}  // namespace app
