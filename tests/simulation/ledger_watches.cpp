#include "tests/simulation/ledger_watches.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/world.hpp"
#include "worker/app/ledger/open_letters.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;

constexpr common::Duration round_every = 5s;
constexpr const char* workers_group = "simulated";
constexpr const char* replay_group = "simulated.replay";
constexpr const char* own_group = "simulated.dead-letters";

// The scripted Kafka, as the watch asks it.
class Asked final : public app::ledger::Brokers {
public:
    explicit Asked(World& world) : world_{world} {}

    common::Result<std::vector<kafka::GroupOffset>> offsets(
        const std::string& group, const std::vector<core::TopicPartition>& partitions) override {
        std::vector<kafka::GroupOffset> known;
        for (const core::TopicPartition& partition : partitions) {
            if (group == workers_group) {
                known.push_back(
                    {partition, world_.broker.committed(world_.plan.partition_of(partition).value()), ""});
                continue;
            }
            const sim::Commits& commits =
                group == replay_group ? world_.broker.replay_group.committed : world_.broker.ledger_committed;
            const auto found = commits.find(partition);
            known.push_back(
                found == commits.end()
                    ? kafka::GroupOffset{partition}
                    : kafka::GroupOffset{partition, found->second.first, found->second.second});
        }
        return known;
    }

    common::Result<kafka::Watermarks> watermarks(const core::TopicPartition& partition) override {
        if (const auto end = world_.broker.letters.end(partition)) {
            return kafka::Watermarks{core::Offset{}, *end};
        }
        kafka::Watermarks marks{};
        for (const std::size_t record : world_.plan.logs[world_.plan.partition_of(partition).value()]) {
            if (world_.broker.available(record) <= world_.timeline.now().steady) {
                marks.end = world_.plan.records[record].offset + 1;
            }
        }
        return marks;
    }

    common::Result<bool> has(const core::TopicPartition& partition) override {
        return world_.plan.partition_of(partition).has_value();
    }

    common::Result<core::Offset> read(
        const core::TopicPartition& partition, core::Offset first, core::Offset end,
        const kafka::LogReader::Take& take) override {
        if (!world_.broker.letters.end(partition)) {
            return read_source(partition, first, end, take);
        }
        while (first < end) {
            core::Record record = world_.broker.letters.at(partition, first);
            first = first + 1;
            if (!take(std::move(record))) {
                break;
            }
        }
        return first;
    }

    common::Result<bool> commit(const std::vector<kafka::GroupOffset>& offsets) override {
        if (world_.choices.chance(world_.weather.commits_fail_percent)) {
            return common::Error{"simulated"};
        }
        for (const kafka::GroupOffset& each : offsets) {
            world_.broker.ledger_committed[each.partition] = {each.committed.value(), each.metadata};
        }
        world_.referee.letters.closed(world_.broker.ledger_committed);
        return true;
    }

private:
    // Only whether there is a record matters.
    core::Offset read_source(
        const core::TopicPartition& partition, core::Offset first, core::Offset end,
        const kafka::LogReader::Take& take) {
        for (const std::size_t number : world_.plan.logs[world_.plan.partition_of(partition).value()]) {
            core::Record record;
            record.offset = world_.plan.records[number].offset;
            if (record.offset >= first && record.offset < end && !take(std::move(record))) {
                return world_.plan.records[number].offset + 1;
            }
        }
        return end;
    }

    World& world_;
};

}  // namespace

struct LedgerWatches::Watch {
    explicit Watch(World& world)
        : asked{world},
          letters{
              {.group = own_group,
               .replay_group = replay_group,
               .workers_group = workers_group,
               .sources = {world.plan.partitions.front().topic},
               .rules = world.swarm.settings.rules},
              asked} {}

    Asked asked;
    app::ledger::OpenLetters letters;
    std::optional<common::Instant> looked{};  // with success, since it was given its partitions
    std::size_t open = 0;                     // as of then
};

LedgerWatches::LedgerWatches(World& world) : world_{world} {
    for (auto& watch : watches_) {
        watch = std::make_unique<Watch>(world);
    }
    hand_over();
    for (auto& watch : watches_) {
        const common::Duration first = world.choices.between(1ms, round_every);
        world.timeline.after(first, [this, &watch] { round(*watch); });
    }
    for (std::size_t left = world.choices.between(0, 2); left > 0; --left) {
        const common::Duration at = world.choices.between({}, world.swarm.calm_after);
        world.timeline.after(at, [this] { hand_over(); });
    }
}

LedgerWatches::~LedgerWatches() = default;

void LedgerWatches::hand_over() {
    ++shift_;
    const auto& partitions = world_.broker.letters.partitions();
    for (std::size_t index = 0; index < watches_.size(); ++index) {
        std::vector<core::TopicPartition> share;
        for (std::size_t partition = 0; partition < partitions.size(); ++partition) {
            if ((partition + shift_) % watches_.size() == index) {
                share.push_back(partitions[partition]);
            }
        }
        watches_[index]->letters.taken();
        watches_[index]->letters.given(share);
        watches_[index]->looked.reset();
    }
}

void LedgerWatches::round(Watch& watch) {
    const common::Instant now = world_.timeline.now().steady;
    const auto step = watch.letters.round(now);
    if (step && *step == app::ledger::OpenLetters::Step::done) {
        const auto open = watch.letters.owing().open;
        watch.open = std::accumulate(open.begin(), open.end(), std::size_t{0});
        watch.looked = now;
        if (fresh()) {
            world_.referee.letters.shown(shown(), std::min(*watches_[0]->looked, *watches_[1]->looked));
        }
    }
    world_.timeline.after(round_every, [this, &watch] { round(watch); });
}

bool LedgerWatches::fresh() const {
    return std::all_of(watches_.begin(), watches_.end(), [this](const auto& watch) {
        return watch->looked && world_.timeline.now().steady - *watch->looked <= round_every;
    });
}

std::size_t LedgerWatches::shown() const {
    return watches_[0]->open + watches_[1]->open;
}

bool LedgerWatches::nothing_owed() const {
    return fresh() && shown() == 0;
}

}  // namespace simulation
