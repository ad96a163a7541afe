#include "tests/simulation/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/token_bucket.hpp"
#include "tests/simulation/ledger_watches.hpp"
#include "tests/simulation/world.hpp"
#include "worker/core/letters/discard_receipts.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/core/letters/resend.hpp"
#include "worker/core/letters/signature.hpp"
#include "worker/core/letters/stretch.hpp"
#include "worker/core/letters/under_way.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;

// As app::dead_letters::Courier.
constexpr common::Duration commit_interval = 200ms;
constexpr common::Duration between_ticks = 20ms;
constexpr common::Duration behind_at_most = 40s;
constexpr double no_rate = 1e9;

// A sink's witness: what operators store is judged when it is there.
class Bystander final : public sim::Witness {
public:
    explicit Bystander(sim::Referee& referee) : referee_{referee} {}
    void assigned(sim::WorkerId, const core::Assigned&) override {}
    void revoked(sim::WorkerId, const core::Revoked&) override {}
    void received(sim::WorkerId, const core::Received&) override {}
    void released(sim::WorkerId, core::Epoch) override {}
    void commit_asked(sim::WorkerId, const std::vector<core::PartitionCommit>&) override {}
    void commit_ended(sim::WorkerId, const core::CommitEnded&) override {}
    void not_signed(sim::WorkerId) override {}
    void sent(sim::WorkerId, const ports::OutgoingRequest&) override {}
    void decided(const sim::LedgerEntry&) override {}
    void ended(sim::WorkerId, const core::ExchangeEnded&, const sim::LedgerEntry*) override {}
    void capacity(sim::WorkerId, const core::CapacityChanged&) override {}
    void store_asked(sim::WorkerId, const core::Store&) override {}
    void store_ended(sim::WorkerId, const core::StoreEnded&) override {}
    void said(sim::WorkerId, const core::Say&) override {}
    void committed(std::size_t, core::Epoch, core::Offset, const std::string&) override {}
    void stored(core::StoreKind, const core::OutgoingRecord&) override {}
    void letter_written(const core::Position&, const core::OutgoingRecord&) override {}
    std::optional<sim::PlannedRecord> replay_written(const core::OutgoingRecord&) override { return {}; }
    void replay_appended(std::size_t) override {}
    void reached(sim::Probe probe) override { referee_.reached(probe); }

private:
    sim::Referee& referee_;
};

core::Letter letter_at(const World& world, const core::Position& place) {
    const core::LetterRead read = core::read_letter(
        place.partition, world.broker.letters.at(place.partition, place.offset), world.swarm.settings.rules);
    return std::get<core::Letter>(read);
}

core::Stretch stretch_of(const World& world, const core::TopicPartition& partition) {
    const sim::Commits& committed = world.broker.replay_group.committed;
    const auto found = committed.find(partition);
    const core::Offset end = world.broker.letters.end(partition).value();
    if (found == committed.end()) {
        return core::stretch_of(partition, core::Offset{}, end, {});
    }
    return core::stretch_of(partition, core::Offset{}, end, {found->second.first, found->second.second});
}

core::ResendRules rules_of(const World& world) {
    return {{world.plan.partitions.front().topic}, sim::LetterReferee::replays_max};
}

}  // namespace

struct Operators::Run {
    Run(World& world, std::uint64_t number_given, Errand errand_given, std::uint64_t generation_given,
        std::vector<core::Position> chosen_given)
        : number{number_given},
          errand{std::move(errand_given)},
          generation{generation_given},
          chosen{std::move(chosen_given)},
          bystander{world.referee},
          sink{{sim::no_worker, world.timeline, world.choices, world.weather, bystander, fuse}, world.broker},
          bucket{errand.rate > 0 ? errand.rate : no_rate, errand.rate > 0 ? 1 : no_rate} {}

    struct Stored {
        core::Position letter;
        std::size_t outstanding = 0;
        bool failed = false;
    };

    std::uint64_t number;
    Errand errand;
    std::uint64_t generation;
    std::vector<core::Position> chosen;
    std::size_t next = 0;                                     // of chosen
    std::map<core::TopicPartition, core::Stretch> stretches;  // of partitions that are begun
    std::map<core::TopicPartition, core::Offset> read_to;
    sim::Fuse fuse;
    Bystander bystander;
    sim::SimSink sink;
    core::UnderWay book;
    std::map<std::uint64_t, std::shared_ptr<Stored>> stored;  // by store id
    common::TokenBucket bucket;
    common::Instant next_commit{};
    std::optional<common::Instant> behind_since{};
    common::Instant asleep_until{};
    bool troubled = false;  // a commit failed, or it slept
    bool over = false;
};

Operators::Operators(World& world) : world_{world}, watches_{std::make_unique<LedgerWatches>(world)} {
    patient_ = world.choices.chance(40);
    for (std::size_t left = world.choices.between(1, 5); left > 0; --left) {
        const common::Duration at = world.choices.between({}, world.swarm.calm_after);
        const Errand errand = draw_errand();
        world.timeline.after(at, [this, errand] { plan(errand); });
    }
    world.timeline.at(world.calm_at + 1s, [this] { close_all(); });
}

Operators::~Operators() = default;

Operators::Errand Operators::draw_errand() {
    sim::Choices& choices = world_.choices;
    Errand errand;
    errand.deed = choices.chance(15) ? Deed::discard : Deed::replay;
    errand.selection = draw_selection();
    errand.limit = choices.chance(30) ? choices.between(1, 8) : 0;
    errand.rate = choices.chance(40) ? static_cast<double>(choices.between(1, 40)) : 0;
    errand.killed = choices.chance(35);
    errand.sleeps = choices.chance(15);
    world_.inputs.count(sim::Input::errand, errand.deed == Deed::replay ? 0 : 1);
    world_.inputs.count(
        sim::Input::errand_limits, (errand.limit > 0 ? 1U : 0U) + (errand.rate > 0 ? 2U : 0U));
    return errand;
}

core::Selection Operators::draw_selection() {
    sim::Choices& choices = world_.choices;
    core::Selection selection;
    const std::uint64_t kind = choices.chance(50) ? choices.between(1, 7) : 0;
    world_.inputs.count(sim::Input::selection, static_cast<std::size_t>(kind));
    switch (kind) {
        case 1:
            selection.reasons = {core::dead_letter_reasons[choices.below(core::dead_letter_reasons.size())]};
            break;
        case 2:
            selection.accounts = {world_.plan.accounts[choices.below(world_.plan.accounts.size())].name};
            break;
        case 3:
            selection.apps = {sim::app_name(core::AppId{0})};
            break;
        case 4:
            selection.partitions = {static_cast<std::int32_t>(choices.below(world_.swarm.letter_partitions))};
            break;
        case 5:
            for (std::int64_t offset = 0; offset < 40; ++offset) {  // islands
                if (choices.chance(40)) {
                    selection.offsets.push_back(offset);
                }
            }
            break;
        case 6:
            selection.replayed = choices.chance(50);
            break;
        case 7:
            selection.types = {
                std::string{core::type_name(core::event_types[choices.below(core::event_types.size())])}};
            break;
        default:
            break;
    }
    return selection;
}

// What the tool works out before it asks: open letters that are meant and may go.
std::vector<core::Position> Operators::choose(const Errand& errand) {
    std::vector<core::Position> chosen;
    const core::ResendRules rules = rules_of(world_);
    for (const core::TopicPartition& partition : world_.broker.letters.partitions()) {
        const core::Stretch stretch = stretch_of(world_, partition);
        for (core::Offset offset = stretch.settled; offset < stretch.end; offset = offset + 1) {
            const core::Position place{partition, offset};
            if (core::is_settled(stretch, offset) || (errand.limit > 0 && chosen.size() == errand.limit)) {
                continue;
            }
            const core::Letter letter = letter_at(world_, place);
            if (!core::selects(errand.selection, letter)) {
                continue;
            }
            const auto why = errand.deed == Deed::replay ? core::unsendable(letter, rules) : std::nullopt;
            if (!why) {
                chosen.push_back(place);
            } else if (*why == core::Unsendable::too_often) {
                world_.referee.reached(sim::Probe::replay_refused_as_too_often);
            } else if (*why == core::Unsendable::value_omitted) {
                world_.referee.reached(sim::Probe::letter_without_value_refused);
            }
        }
    }
    return chosen;
}

// A person looks at what was chosen for a while before they say yes.
void Operators::plan(const Errand& errand) {
    std::vector<core::Position> chosen = choose(errand);
    if (chosen.empty()) {
        return;
    }
    const common::Duration thinks = world_.choices.skewed(1ms, 5s);
    world_.timeline.after(thinks, [this, errand, chosen = std::move(chosen)] { begin(errand, chosen); });
}

void Operators::begin(const Errand& errand, std::vector<core::Position> chosen) {
    const auto generation = world_.broker.replay_group.join(world_.timeline.now().steady);
    if (!generation) {
        world_.referee.reached(sim::Probe::operator_told_who_holds_it);
        return;
    }
    runs_.push_back(std::make_unique<Run>(world_, ++last_run_, errand, *generation, std::move(chosen)));
    Run& run = *runs_.back();
    world_.trace.line(
        sim::no_worker, 'O',
        fmt::format(
            "run {} {} {} letters ({})", run.number, errand.deed == Deed::replay ? "replays" : "discards",
            run.chosen.size(), core::text_of(errand.selection)));
    if (errand.killed) {
        run.fuse.light(world_.choices.below(20));
    }
    if (errand.sleeps) {
        const common::Duration at = world_.choices.skewed(1ms, 2s);
        const common::Duration length = world_.choices.between(100ms, 15s);
        world_.timeline.after(at, [this, &run, length] {
            run.asleep_until = world_.timeline.now().steady + length;
            run.troubled = true;
        });
    }
    tick(run);
}

void Operators::tick(Run& run) {
    if (run.over) {
        return;
    }
    const common::Instant now = world_.timeline.now().steady;
    if (run.asleep_until > now) {
        world_.timeline.at(run.asleep_until, [this, &run] { tick(run); });
        return;
    }
    try {
        work(run);
    } catch (const sim::Crash&) {
        world_.referee.reached(sim::Probe::operator_killed);
        end(run, "is killed", false);
    }
    if (!run.over) {
        world_.timeline.after(between_ticks, [this, &run] { tick(run); });
    }
}

void Operators::work(Run& run) {
    collect(run);
    const common::Instant now = world_.timeline.now().steady;
    if (run.book.failed_on_end() >= core::UnderWay::failed_on_end_max) {
        return end(run, "gives up", true);
    }
    if (now >= run.next_commit) {
        run.next_commit = now + commit_interval;
        commit(run);
    }
    while (!run.over && run.next < run.chosen.size() && run.book.may_take() && run.bucket.take(now)) {
        take(run);
    }
    if (!run.over && run.next == run.chosen.size() && run.book.empty()) {
        commit(run);
        if (!run.over && !run.behind_since) {
            end(run, "is done", true);
        }
    }
}

void Operators::collect(Run& run) {
    std::vector<core::Input> inputs;
    run.sink.collect(inputs);
    for (const core::Input& input : inputs) {
        const auto& ended = std::get<core::StoreEnded>(input);
        const auto stored = run.stored.extract(ended.id.value).mapped();
        stored->failed = stored->failed || ended.result != core::StoreResult::acknowledged;
        if (--stored->outstanding == 0 && !stored->failed) {
            world_.referee.letters.acknowledged(stored->letter);
        }
        run.book.ended(ended);
    }
}

void Operators::commit(Run& run) {
    run.fuse.burn();
    const common::Instant now = world_.timeline.now().steady;
    sim::SoleGroup& group = world_.broker.replay_group;
    if (!group.alive(run.generation, now)) {
        world_.referee.reached(sim::Probe::operator_replaced);
        return end(run, "was replaced", false);
    }
    const std::vector<core::UnderWay::Progress> progress = run.book.to_commit();
    if (progress.empty()) {
        return;
    }
    const bool fails = world_.choices.chance(world_.weather.commits_fail_percent);
    const bool answer_lost = !fails && world_.choices.chance(world_.weather.commit_answers_lost_percent);
    for (const core::UnderWay::Progress& each : progress) {
        world_.trace.line(
            sim::no_worker, 'O',
            fmt::format(
                "run {} commits {}/{} at {} map {}{}", run.number, each.partition.topic,
                each.partition.partition, each.committed.value, each.map, fails ? ", refused" : ""));
        if (!fails) {
            group.committed[each.partition] = {each.committed, each.map};
        }
    }
    if (!fails) {
        world_.referee.letters.settled(group.committed);
    }
    const bool passed = !fails && !answer_lost;
    run.book.commit_ended(passed);
    if (passed) {
        run.behind_since.reset();
        return;
    }
    run.troubled = true;
    run.behind_since = run.behind_since.value_or(now);
    if (now - *run.behind_since > behind_at_most) {
        end(run, "gives up", true);
    }
}

// The next of the chosen letters, unless somebody settled it meanwhile.
void Operators::take(Run& run) {
    const core::Position place = run.chosen[run.next++];
    const auto begun = run.stretches.find(place.partition);
    if (begun == run.stretches.end()) {
        const core::Stretch stretch = stretch_of(world_, place.partition);
        run.book.begin(place.partition, core::Settling{stretch.settled, stretch.above});
        run.read_to[place.partition] = stretch.settled;
        run.stretches.emplace(place.partition, stretch);
    }
    core::Settling& settling = run.book.settling(place.partition);
    core::Offset& next = run.read_to[place.partition];
    bool settled = place.offset < run.stretches.at(place.partition).settled;
    for (; next <= place.offset; next = next + 1) {
        const bool before = settling.found(next);
        settled = next == place.offset ? before : settled;
    }
    if (!settled && settling.fits_with(place.offset)) {
        take(run, place);
    }
}

void Operators::take(Run& run, const core::Position& place) {
    const core::Letter letter = letter_at(world_, place);
    const core::Record& record = world_.broker.letters.at(place.partition, place.offset);
    std::vector<core::OutgoingRecord> records;
    if (run.errand.deed == Deed::replay) {
        records = {core::resend(letter, record)};
    } else {
        const core::Discard why{"the operator", "it is not needed any more", ""};
        records = core::discard_receipts(
            "receipts", why, world_.swarm.settings.rules, letter, record, world_.timeline.now().wall,
            world_.swarm.settings.worker_version);
        world_.referee.reached(sim::Probe::letter_discarded);
    }
    world_.trace.line(
        sim::no_worker, 'O',
        fmt::format(
            "run {} takes {}/{}/{}", run.number, place.partition.topic, place.partition.partition,
            place.offset.value));
    world_.referee.letters.taken(run.errand.deed, run.number, place, world_.broker.replay_group.committed);
    const auto stored = std::make_shared<Run::Stored>(Run::Stored{place, records.size()});
    for (core::Store& store : run.book.take(place, std::move(records))) {
        run.stored.emplace(store.id.value, stored);
        run.sink.store(std::move(store));
    }
}

void Operators::end(Run& run, const char* how, bool leaves) {
    world_.trace.line(sim::no_worker, 'O', fmt::format("run {} {}", run.number, how));
    run.over = true;
    if (leaves) {
        world_.broker.replay_group.leave(run.generation);
    }
    world_.referee.letters.run_over(run.number, world_.broker.replay_group.committed, run.troubled);
}

bool Operators::all_settled() const {
    const auto& partitions = world_.broker.letters.partitions();
    return std::all_of(partitions.begin(), partitions.end(), [this](const core::TopicPartition& partition) {
        const core::Stretch stretch = stretch_of(world_, partition);
        return stretch.settled == stretch.end;
    });
}

void Operators::close_all() {
    const bool idle = std::all_of(runs_.begin(), runs_.end(), [](const auto& run) { return run->over; });
    if (idle && !all_settled()) {
        Errand errand;
        if (!patient_) {
            errand.selection.replayed = false;
        }
        std::vector<core::Position> chosen = choose(errand);
        if (chosen.empty()) {
            errand = {.deed = Deed::discard};
            chosen = choose(errand);
        }
        begin(errand, std::move(chosen));
    }
    world_.timeline.after(5s, [this] { close_all(); });
}

bool Operators::at_rest() const {
    return std::all_of(runs_.begin(), runs_.end(), [](const auto& run) { return run->over; }) &&
           all_settled() && watches_->nothing_owed();
}

}  // namespace simulation
