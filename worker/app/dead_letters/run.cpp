#include "worker/app/dead_letters/run.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "worker/app/adapter_settings.hpp"
#include "worker/app/dead_letters/canary.hpp"
#include "worker/app/dead_letters/interruption.hpp"
#include "worker/app/dead_letters/texts.hpp"
#include "worker/app/refuse.hpp"
#include "worker/core/command/command.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

using namespace std::chrono_literals;
using ports::steady_now;

// Waiting for a single letter at a time would be slower than the rate that is allowed.
constexpr double bursts_a_second = 20;

}  // namespace

Run::Run(
    const Config& config, const ErrandOptions& options, const Errand& errand, Shelf& shelf, const Plan& plan)
    : config_{config},
      options_{options},
      errand_{errand},
      shelf_{shelf},
      plan_{plan},
      bucket_{options.rate, options.rate / bursts_a_second} {}

ExitCode Run::go() {
    if (const auto failed = begin()) {
        return *failed;
    }
    work();
    if (const auto done = courier_->finish(); !done) {
        report_.uncommitted = true;
        stop(done.error().message);
    }
    courier_->leave();  // what follows is only watched
    await_receipts();
    meter_.end();
    return end();
}

std::optional<ExitCode> Run::begin() {
    audit_ = {
        .id = fmt::format("{}/{}", replay_group(config_), wall_now().time_since_epoch().count()),
        .action = errand_.action,
        .phase = {},
        .by = options_.by,
        .why = options_.why,
        .group = config_.kafka.group_id,
        .filter = core::text_of(options_.selection),
        .letters = plan_.letters,
        .digest = plan_.digest.text(),
        .superseded_by = options_.superseded_by,
        .result = {}};
    auto sink = kafka::RecordSink::open(kafka_settings(config_), complaints_);
    if (!sink) {
        return refuse(ExitCode::cannot_start, sink.error().message);
    }
    sink_ = std::move(*sink);
    listen_for_interruption();
    auto member = hold_the_group();
    if (!member) {
        if (member.error().given_up) {
            return refuse(ExitCode::unfinished, "interrupted before anything was begun; nothing was done");
        }
        return member.error().held
                   ? refuse(
                         ExitCode::held,
                         member.error().message + ": wait until that run has ended; nothing was done")
                   : refuse(ExitCode::cannot_start, member.error().message);
    }
    courier_.emplace(*sink_, std::move(*member));
    if (errand_.action == "replay" && config_.receipts.enabled) {
        auto tail = ReceiptsTail::open(shelf_.reader(), config_.receipts.topic);
        if (!tail) {
            return refuse(ExitCode::cannot_start, tail.error().message);
        }
        tail_.emplace(std::move(*tail));
    }
    if (const auto stored = store_audit("begun"); !stored) {
        return refuse(
            ExitCode::cannot_start,
            fmt::format(
                "the audit record could not be stored in receipts.topic, so nothing was done: {}",
                stored.error().message));
    }
    static_cast<void>(sink_->prepare(config_.kafka.topics, 10s));
    return std::nullopt;
}

// The broker is the lock. Who waits for it is told for whom, and how long at most.
common::Result<std::unique_ptr<kafka::SoleMember>, kafka::NotJoined> Run::hold_the_group() {
    constexpr common::Duration bound = kafka::SoleMember::session + 3s;
    const common::Instant slow = steady_now() + 5s;  // longer than a group takes that is not held
    std::string told;
    bool told_slow = false;
    return kafka::SoleMember::join(
        replay_settings(config_, shelf_.topics()), options_.by, bound, [&](const std::string& member) {
            if (!member.empty() && told != member) {
                told = member;
                fmt::print(
                    stderr, "{} is held by {}: waiting up to {:.0f} s for it to end, or to be found dead\n",
                    replay_group(config_), plain(member), common::seconds(bound));
            } else if (member.empty() && !told_slow && steady_now() > slow) {
                told_slow = true;
                fmt::print(
                    stderr, "waiting for the brokers to let this run into {}, up to 15 s\n",
                    replay_group(config_));
            }
            return !interrupted();
        });
}

common::Result<bool> Run::store_audit(std::string phase) {
    audit_.phase = std::move(phase);
    return courier_->store_now(audit_record(config_.receipts.topic, audit_, wall_now()));
}

void Run::work() {
    for (const Stretch& stretch : shelf_.stretches()) {
        if (!plan_.last.contains(stretch.partition)) {
            continue;
        }
        if (const auto done = work_on(stretch); !done) {
            return stop(done.error().message);
        }
        if (stopped_) {
            return;
        }
    }
}

// Somebody may have settled letters since the plan was made, so the group is asked again now that nobody else
// can change it: it may even have settled what lies above the end that the plan knew.
common::Result<bool> Run::work_on(const Stretch& stretch) {
    const auto group = courier_->committed(stretch.partition);
    if (!group) {
        return group.error();
    }
    const auto now = shelf_.again(stretch, *group);
    if (!now) {
        return now.error();
    }
    courier_->begin(stretch.partition, core::Settling{now->settled, now->above});
    return shelf_.read(
        stretch, std::min(stretch.settled, now->settled),
        [&](core::LetterRead&& read, core::Record&& record) { return take(read, record, now->settled); });
}

bool Run::settled_meanwhile(const core::Position& place, core::Offset from) {
    return place.offset < from || courier_->settling(place.partition).found(place.offset);
}

bool Run::take(const core::LetterRead& read, const core::Record& record, core::Offset from) {
    const auto* const foreign = std::get_if<core::NotALetter>(&read);
    const core::Position& place = foreign != nullptr ? foreign->place : std::get<core::Letter>(read).place;
    const bool settled = settled_meanwhile(place, from);
    if (foreign != nullptr) {
        if (!settled) {
            courier_->settle_at_once(place);
        }
        return go_on();
    }
    const core::Letter& letter = std::get<core::Letter>(read);
    const auto& stretches = shelf_.stretches();
    const auto then = std::find_if(stretches.begin(), stretches.end(), [&](const Stretch& stretch) {
        return stretch.partition == place.partition;
    });
    if (is_settled(*then, place.offset) || !is_planned(plan_, options_, errand_, letter)) {
        return go_on();
    }
    if (settled) {
        ++report_.elsewhere;
        return go_on();
    }
    if (!courier_->settling(place.partition).fits_with(place.offset)) {
        ++report_.full_partitions;
        return false;
    }
    if (!await_turn() || !await_room()) {
        return false;
    }
    if (!courier_->take(place, errand_.records(letter, record))) {
        stop(courier_->last_error());
        return false;
    }
    if (tail_) {
        outcomes_.sent(letter, commands_of(record));
    }
    ++taken_;
    return go_on() && end_stage();
}

// How many commands the event asks for now; 0: it is still invalid, or asks for nothing.
std::size_t Run::commands_of(const core::Record& record) const {
    core::Decoded decoded = core::decode(record, shelf_.rules());
    auto* const event = std::get_if<core::Event>(&decoded);
    return event != nullptr ? core::commands_for(std::move(*event)).size() : 0;
}

void Run::stop(std::string why) {
    stopped_ = true;
    if (std::find(report_.troubles.begin(), report_.troubles.end(), why) == report_.troubles.end()) {
        report_.troubles.push_back(std::move(why));
    }
}

bool Run::go_on() {
    if (interrupted()) {
        stop("interrupted; what was sent is settled, and another run goes on with the rest");
    } else if (!courier_->pump({})) {
        stop(courier_->last_error());
    }
    show();
    follow(500ms);
    return !stopped_ && taken_ + report_.elsewhere < plan_.letters;
}

bool Run::await_turn() {
    while (!bucket_.take(steady_now())) {
        const common::Duration wait = bucket_.ready_at(steady_now()) - steady_now();
        if (!courier_->pump(std::clamp<common::Duration>(wait, 1ms, 100ms)) || interrupted()) {
            return go_on();
        }
        show();
        follow(500ms);
    }
    return true;
}

// Workers that execute nothing now would let the letters that are kept in mind grow without end.
bool Run::await_room() {
    if (outcomes_.full()) {
        await_receipts();
    }
    if (outcomes_.full() && !stopped_) {
        stop(fmt::format(
            "{} letters that were sent have no receipt yet, and no more can be followed at once: run it "
            "again "
            "when the workers have executed them",
            outcomes_.tally().waiting));
    }
    return !stopped_;
}

bool Run::end_stage() {
    if (!options_.canary || stage_end(stage_, plan_.letters) != taken_) {
        return true;
    }
    ++stage_;
    if (const auto done = courier_->finish(); !done) {
        stop(done.error().message);
        return false;
    }
    await_receipts();
    const Stage stage{taken_, courier_->failed(), courier_->last_error(), outcomes_.example_waiting()};
    if (auto problem = problem_of(outcomes_.tally(), stage); problem && !interrupted()) {
        stop(std::move(*problem));
    }
    return go_on();
}

void Run::follow(common::Duration interval) {
    if (!tail_ || steady_now() < next_follow_) {
        return;
    }
    if (const auto done = tail_->follow(outcomes_); !done && !std::exchange(receipts_trouble_, true)) {
        report_.troubles.push_back(
            fmt::format("the receipts could not be followed: {}", done.error().message));
    }
    next_follow_ = steady_now() + interval;
}

// As long as there is news of what was sent.
void Run::await_receipts() {
    std::uint64_t before = outcomes_.tally().waiting;
    common::Instant patience = steady_now() + options_.wait;
    while (outcomes_.tally().waiting > courier_->failed() && steady_now() < patience && !interrupted()) {
        follow(100ms);
        if (outcomes_.tally().waiting < before) {
            before = outcomes_.tally().waiting;
            patience = steady_now() + options_.wait;
        }
        if (!courier_->idle(50ms)) {
            return stop(courier_->last_error());
        }
        show();
    }
}

void Run::show() {
    const core::Outcomes::Tally& tally = outcomes_.tally();
    meter_.show(
        {.done = courier_->settled(),
         .of = plan_.letters,
         .executed = tally.sent - tally.waiting - tally.came_back(),
         .came_back = tally.came_back(),
         .with_outcomes = tail_.has_value()},
        steady_now());
}

ExitCode Run::end() {
    report_.action = errand_.action;
    report_.selected = plan_.letters;
    report_.settled = courier_->settled();
    report_.failed = courier_->failed();
    report_.digest = plan_.digest.text();
    report_.refused = plan_.refused;
    report_.expired = plan_.expired;
    report_.with_receipts = tail_.has_value();
    report_.tally = outcomes_.tally();
    // What the brokers did not take has no receipt to come.
    report_.tally.waiting -= std::min(report_.tally.waiting, report_.failed);
    report_.example_waiting = outcomes_.example_waiting();
    audit_.letters = report_.settled;
    audit_.result = words_of(report_);
    if (const auto stored = store_audit("ended"); !stored) {
        report_.troubles.push_back(
            fmt::format("the audit record of the end could not be stored: {}", stored.error().message));
    }
    fmt::print("{}\n", options_.json ? json_of(report_) : words_of(report_));
    for (const std::string& trouble : report_.troubles) {
        fmt::print(stderr, "autosignin-worker: {}\n", trouble);
    }
    return is_complete(report_) ? ExitCode::ok : ExitCode::unfinished;
}

}  // namespace app::dead_letters
