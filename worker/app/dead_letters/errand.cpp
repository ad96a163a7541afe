#include "worker/app/dead_letters/errand.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/token_bucket.hpp"
#include "worker/app/adapter_settings.hpp"
#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/dead_letters/courier.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/receipts_tail.hpp"
#include "worker/app/version.hpp"
#include "worker/core/command/command.hpp"
#include "worker/core/letters/resend.hpp"
#include "worker/ports/clock.hpp"

namespace app::dead_letters {
namespace {

using namespace std::chrono_literals;
using ports::steady_now;

volatile std::sig_atomic_t interrupted = 0;

extern "C" void interrupt(int) {
    interrupted = 1;
}

common::WallTime wall_now() {
    return std::chrono::time_point_cast<common::WallTime::duration>(std::chrono::system_clock::now());
}

// Warnings of the Kafka clients go to standard error as they are.
class Complaints final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity >= core::Severity::error;
    }
    void write(const core::Say& line) override {
        fmt::print(stderr, "autosignin-worker: {}\n", line.message);
    }
};

ExitCode fail(ExitCode code, const std::string& message) {
    fmt::print(stderr, "autosignin-worker: {}\n", message);
    return code;
}

// What replaying and discarding do differently.
struct Errand {
    std::string action;
    std::function<std::optional<core::Unsendable>(const core::Letter&)> refuses;
    std::function<std::vector<core::OutgoingRecord>(const core::Letter&, const core::Record&)> records;
};

struct Plan {
    std::uint64_t letters = 0;
    Digest digest;
    std::map<core::Unsendable, std::uint64_t> refused;
};

bool chosen(const core::LetterRead& read, const core::Selection& selection) {
    const auto* const letter = std::get_if<core::Letter>(&read);
    return letter != nullptr && core::selects(selection, *letter);
}

common::Result<Plan> plan(Shelf& shelf, const ErrandOptions& options, const Errand& errand) {
    Plan plan;
    for (const Stretch& stretch : shelf.stretches()) {
        core::OffsetTracker settled{stretch.settled, stretch.above};
        const auto take = [&](core::LetterRead&& read, core::Record&& record) {
            if (settled.delivered(record.offset) || !chosen(read, options.selection)) {
                return true;
            }
            const core::Letter& letter = std::get<core::Letter>(read);
            if (const auto why = errand.refuses(letter)) {
                ++plan.refused[*why];
                return true;
            }
            ++plan.letters;
            plan.digest.add(letter.place);
            return options.limit == 0 || plan.letters < options.limit;
        };
        if (const auto done = shelf.read(stretch, stretch.settled, take); !done) {
            return done.error();
        }
        if (options.limit != 0 && plan.letters >= options.limit) {
            break;
        }
    }
    return plan;
}

void tell_refused(const Plan& plan) {
    for (const auto& [why, count] : plan.refused) {
        fmt::print(stderr, "{} refused, {}: {}\n", count, core::name_of(why), core::remedy(why));
    }
}

bool confirmed(const std::string& question) {
    fmt::print(stderr, "{} [y/N] ", question);
    std::string answer;
    return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

// The letters of a run, one after the other, and their fate.
class Run {
public:
    Run(const Config& config, const ErrandOptions& options, const Errand& errand, Shelf& shelf,
        const Plan& plan)
        : config_{config},
          options_{options},
          errand_{errand},
          shelf_{shelf},
          plan_{plan},
          bucket_{options.rate, 1} {}

    [[nodiscard]] ExitCode go() {
        if (const auto ready = prepare(); ready != ExitCode::ok) {
            return ready;
        }
        common::Result<bool> done = work();
        const auto finished = courier_->finish();
        if (done && !finished) {
            done = finished.error();
        }
        if (done && errand_.action == "replay" && tail_) {
            done = await_receipts();
        }
        meter_.end();
        if (!done && problem_.empty()) {
            problem_ = done.error().message;
        }
        return end();
    }

private:
    [[nodiscard]] ExitCode prepare() {
        audit_ = {
            .id = fmt::format("{}/{}", replay_group(config_), wall_now().time_since_epoch().count()),
            .action = errand_.action,
            .phase = "begun",
            .by = options_.by,
            .why = options_.why,
            .group = config_.kafka.group_id,
            .filter = core::text_of(options_.selection),
            .letters = plan_.letters,
            .digest = plan_.digest.text(),
            .result = {}};
        auto sink = kafka::RecordSink::open(kafka_settings(config_), complaints_);
        if (!sink) {
            return fail(ExitCode::cannot_start, sink.error().message);
        }
        sink_ = std::move(*sink);
        auto member = kafka::SoleMember::join(
            replay_settings(config_, shelf_.topics()), options_.by, kafka::SoleMember::session + 3s);
        if (!member) {
            return member.error().held
                       ? fail(
                             ExitCode::held, fmt::format(
                                                 "{}: wait until that run has ended; nothing was done",
                                                 member.error().message))
                       : fail(ExitCode::cannot_start, member.error().message);
        }
        member_ = std::move(*member);
        courier_.emplace(*sink_, *member_);
        if (errand_.action == "replay" && config_.receipts.enabled) {
            auto tail = ReceiptsTail::open(shelf_.reader(), config_.receipts.topic);
            if (!tail) {
                return fail(ExitCode::cannot_start, tail.error().message);
            }
            tail_.emplace(std::move(*tail));
        }
        if (const auto stored = store_audit(); !stored) {
            return fail(
                ExitCode::cannot_start,
                fmt::format(
                    "the audit record could not be stored, so nothing was done: {}", stored.error().message));
        }
        std::signal(SIGINT, interrupt);
        std::signal(SIGTERM, interrupt);
        return ExitCode::ok;
    }

    [[nodiscard]] common::Result<bool> store_audit() {
        sink_->store(
            {core::StoreId{0}, core::StoreKind::receipt,
             audit_record(config_.receipts.topic, audit_, wall_now())});
        const common::Instant deadline = steady_now() + 40s;
        while (steady_now() < deadline) {
            std::vector<core::Input> inputs;
            sink_->collect(inputs);
            for (const core::Input& input : inputs) {
                const auto& end = std::get<core::StoreEnded>(input);
                return end.result == core::StoreResult::acknowledged ? common::Result<bool>{true}
                                                                     : common::Error{end.error};
            }
            if (!member_->still_sole()) {
                return common::Error{"somebody else took the replay group over"};
            }
        }
        return common::Error{"no answer from the brokers"};
    }

    // Where the group's settling stands now that nobody else changes it.
    [[nodiscard]] common::Result<bool> begin(const Stretch& stretch, core::Offset& from) {
        const auto offsets = member_->offsets({stretch.partition}, 10s);
        if (!offsets) {
            return offsets.error();
        }
        const kafka::GroupOffset& group = offsets->front();
        core::OffsetRanges above;
        from = stretch.first;
        if (group.committed && *group.committed <= stretch.end) {
            above = core::decode_offset_map(*group.committed, group.metadata).ranges;
            from = std::max(*group.committed, stretch.first);
        }
        courier_->begin(stretch.partition, core::Settling{from, above});
        return true;
    }

    [[nodiscard]] common::Result<bool> work() {
        for (const Stretch& stretch : shelf_.stretches()) {
            core::Offset from{};
            if (const auto begun = begin(stretch, from); !begun) {
                return begun.error();
            }
            const auto read = shelf_.read(
                stretch, from,
                [&](core::LetterRead&& letter, core::Record&& record) { return take(letter, record); });
            if (!read) {
                return read.error();
            }
            if (stop_) {
                break;
            }
        }
        return true;
    }

    // False: no more of this partition.
    [[nodiscard]] bool take(const core::LetterRead& read, const core::Record& record) {
        core::Position place;
        if (const auto* const foreign = std::get_if<core::NotALetter>(&read)) {
            place = foreign->place;
        } else {
            place = std::get<core::Letter>(read).place;
        }
        core::Settling& settling = courier_->settling(place.partition);
        if (settling.found(record.offset)) {
            return go_on();
        }
        if (std::holds_alternative<core::NotALetter>(read)) {
            courier_->settle_at_once(place);
            return go_on();
        }
        const core::Letter& letter = std::get<core::Letter>(read);
        if (!core::selects(options_.selection, letter) || errand_.refuses(letter)) {
            return go_on();
        }
        if (!settling.fits_with(record.offset)) {
            ++maps_full_;
            return false;
        }
        if (!await_turn()) {
            return false;
        }
        if (tail_) {
            outcomes_.sent(letter, commands_of(record));
        }
        ++taken_;
        if (!courier_->take(place, errand_.records(letter, record))) {
            stop("the replay group was lost");
            return false;
        }
        return go_on() && end_of_stage();
    }

    // How many commands the event asks for now; 0: it is still invalid, or asks for nothing.
    [[nodiscard]] std::size_t commands_of(const core::Record& record) const {
        core::Decoded decoded = core::decode(record, shelf_.rules());
        auto* const event = std::get_if<core::Event>(&decoded);
        return event != nullptr ? core::commands_for(std::move(*event)).size() : 0;
    }

    void stop(std::string why) {
        stop_ = true;
        problem_ = std::move(why);
    }

    [[nodiscard]] bool go_on() {
        if (interrupted != 0) {
            stop("interrupted; what was sent is settled, and another run goes on with the rest");
        } else if (!courier_->pump({})) {
            stop(courier_->last_error());
        } else if (taken_ >= plan_.letters) {
            stop_ = true;  // the selection as it was confirmed
        }
        show();
        follow(500ms);
        return !stop_;
    }

    [[nodiscard]] bool await_turn() {
        while (!bucket_.take(steady_now())) {
            const common::Duration wait = bucket_.ready_at(steady_now()) - steady_now();
            if (!courier_->pump(std::clamp<common::Duration>(wait, 1ms, 100ms)) || interrupted != 0) {
                return go_on();
            }
            show();
            follow(500ms);
        }
        return true;
    }

    // One, one in a hundred, one in ten: each stage proves itself before the next begins.
    [[nodiscard]] bool end_of_stage() {
        if (!options_.canary || taken_ != stage_end()) {
            return true;
        }
        ++stage_;
        if (const auto done = courier_->finish(); !done) {
            stop(done.error().message);
            return false;
        }
        if (const auto done = await_receipts(); !done) {
            stop(done.error().message);
            return false;
        }
        const core::Outcomes::Tally& tally = outcomes_.tally();
        if (tally.came_back_alike > 0) {
            stop(fmt::format(
                "the same failure came back for {} of the first {}, so the rest was left alone",
                tally.came_back_alike, taken_));
        } else if (tally.waiting > 0) {
            stop(fmt::format(
                "{} of the first {} had no receipt in time (for example {}), so the rest was left alone",
                tally.waiting, taken_, outcomes_.example_waiting()));
        }
        return !stop_;
    }

    [[nodiscard]] std::uint64_t stage_end() const {
        constexpr std::array<double, 3> shares{0, 0.01, 0.1};
        if (stage_ >= shares.size()) {
            return 0;
        }
        const double wanted = std::ceil(shares[stage_] * static_cast<double>(plan_.letters));
        // Each stage is larger than the one before, also of few letters.
        return std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), stage_ + 1);
    }

    void follow(common::Duration interval) {
        if (tail_ && steady_now() >= next_follow_) {
            if (const auto done = tail_->follow(outcomes_); !done) {
                receipts_problem_ = done.error().message;
            }
            next_follow_ = steady_now() + interval;
        }
    }

    [[nodiscard]] common::Result<bool> await_receipts() {
        const common::Instant deadline = steady_now() + options_.wait;
        std::uint64_t before = outcomes_.tally().waiting;
        common::Instant patience = deadline;
        while (outcomes_.tally().waiting > 0 && steady_now() < patience && interrupted == 0) {
            follow(100ms);
            if (outcomes_.tally().waiting < before) {
                before = outcomes_.tally().waiting;
                patience = steady_now() + options_.wait;  // it moves
            }
            if (!courier_->pump(50ms)) {
                return common::Error{courier_->last_error()};
            }
            show();
        }
        return true;
    }

    void show() {
        const core::Outcomes::Tally& tally = outcomes_.tally();
        meter_.show(
            {.done = courier_->settled(),
             .of = plan_.letters,
             .executed = tally.sent - tally.waiting - tally.came_back(),
             .came_back = tally.came_back(),
             .with_outcomes = tail_.has_value()},
            steady_now());
    }

    [[nodiscard]] ExitCode end() {
        const core::Outcomes::Tally& tally = outcomes_.tally();
        const std::string words = summary();
        audit_.phase = "ended";
        audit_.letters = courier_->settled();
        audit_.result = words;
        if (const auto stored = store_audit(); !stored) {
            fmt::print(
                stderr, "autosignin-worker: the audit record of the end could not be stored: {}\n",
                stored.error().message);
        }
        if (options_.json) {
            fmt::print("{}\n", json());
        } else {
            fmt::print("{}\n", words);
        }
        for (const std::string& trouble : {problem_, receipts_problem_}) {
            if (!trouble.empty()) {
                fmt::print(stderr, "autosignin-worker: {}\n", trouble);
            }
        }
        const bool all = courier_->settled() == plan_.letters && tally.waiting == 0 &&
                         tally.came_back() == 0 && plan_.refused.empty() && problem_.empty();
        return all ? ExitCode::ok : ExitCode::unfinished;
    }

    [[nodiscard]] std::string summary() const {
        const core::Outcomes::Tally& tally = outcomes_.tally();
        std::string text = fmt::format(
            "{} of {} {}", courier_->settled(), plan_.letters,
            errand_.action == "replay" ? "sent" : "discarded");
        if (tail_) {
            std::string parts;
            for (const core::Outcome outcome : core::outcomes) {
                const std::uint64_t count = tally.ended[static_cast<std::size_t>(outcome)];
                if (count > 0) {
                    parts += fmt::format(
                        "{}{} {}", parts.empty() ? "" : ", ", count,
                        outcome == core::Outcome::dead_lettered ? "came back" : core::outcome_name(outcome));
                }
            }
            if (tally.waiting > 0) {
                parts += fmt::format("{}{} not executed yet", parts.empty() ? "" : ", ", tally.waiting);
            }
            text += parts.empty() ? "" : ": " + parts;
        } else if (errand_.action == "replay") {
            text += "; receipts are switched off, so what became of them is not known";
        }
        if (courier_->failed() > 0) {
            text += fmt::format("; {} were not taken by the brokers and stay open", courier_->failed());
        }
        if (maps_full_ > 0) {
            text += fmt::format(
                "; {} partitions have too many islands of settled letters: settle their oldest first",
                maps_full_);
        }
        for (const auto& [why, count] : plan_.refused) {
            text += fmt::format("; {} refused ({})", count, core::name_of(why));
        }
        return text;
    }

    [[nodiscard]] std::string json() const {
        const core::Outcomes::Tally& tally = outcomes_.tally();
        nlohmann::ordered_json document{
            {"action", errand_.action},
            {"selected", plan_.letters},
            {"settled", courier_->settled()},
            {"failed", courier_->failed()},
            {"full_partitions", maps_full_},
            {"digest", plan_.digest.text()},
            {"refused", nlohmann::ordered_json::object()}};
        for (const auto& [why, count] : plan_.refused) {
            document["refused"][std::string{core::name_of(why)}] = count;
        }
        if (tail_) {
            for (const core::Outcome outcome : core::outcomes) {
                document["outcomes"][std::string{core::outcome_name(outcome)}] =
                    tally.ended[static_cast<std::size_t>(outcome)];
            }
            document["waiting"] = tally.waiting;
        }
        if (!problem_.empty()) {
            document["stopped"] = problem_;
        }
        return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    }

    const Config& config_;
    const ErrandOptions& options_;
    const Errand& errand_;
    Shelf& shelf_;
    const Plan& plan_;
    common::TokenBucket bucket_;
    Complaints complaints_;
    std::unique_ptr<kafka::RecordSink> sink_;
    std::unique_ptr<kafka::SoleMember> member_;
    std::optional<Courier> courier_;
    std::optional<ReceiptsTail> tail_;
    core::Outcomes outcomes_;
    Audit audit_;
    Meter meter_;
    std::uint64_t taken_ = 0;
    std::size_t stage_ = 0;
    std::uint64_t maps_full_ = 0;
    bool stop_ = false;
    common::Instant next_follow_{};
    std::string problem_;
    std::string receipts_problem_;
};

ExitCode run(const Config& config, const ErrandOptions& options, const Errand& errand) {
    auto shelf = Shelf::open(config);
    if (!shelf) {
        return fail(ExitCode::cannot_start, shelf.error().message);
    }
    const auto planned = plan(*shelf, options, errand);
    if (!planned) {
        return fail(ExitCode::cannot_start, planned.error().message);
    }
    tell_refused(*planned);
    if (options.dry_run) {
        fmt::print(
            "would {} {} dead letters ({}), digest {}\n", errand.action, planned->letters,
            core::text_of(options.selection), planned->digest.text());
        return ExitCode::ok;
    }
    if (planned->letters == 0) {
        fmt::print(
            "nothing to {}: no open dead letter is selected ({})\n", errand.action,
            core::text_of(options.selection));
        return planned->refused.empty() ? ExitCode::ok : ExitCode::unfinished;
    }
    if (!options.yes) {
        if (isatty(STDIN_FILENO) == 0) {
            return fail(
                ExitCode::usage, "there is no terminal to ask on: give --yes, or look with --dry-run first");
        }
        if (!confirmed(fmt::format(
                "{} {} dead letters ({})?", errand.action, planned->letters,
                core::text_of(options.selection)))) {
            return fail(ExitCode::usage, "nothing was done");
        }
    }
    return Run{config, options, errand, *shelf, *planned}.go();
}

std::vector<core::OutgoingRecord> discard_receipts(
    const Config& config, const ErrandOptions& options, const core::DecodeRules& rules,
    const core::Letter& letter, const core::Record& record) {
    core::ReceiptFacts facts;
    facts.from = letter.place.partition;
    facts.offset = letter.place.offset;
    facts.event_id = letter.envelope.id;
    facts.event_source = letter.envelope.source;
    facts.event_type = letter.envelope.type ? core::type_name(*letter.envelope.type) : std::string_view{};
    facts.subject = letter.envelope.subject;
    facts.traceparent = letter.envelope.traceparent;
    facts.app = letter.app;
    facts.discard = core::Discard{options.by, options.why, options.superseded_by};
    facts.reason = letter.reason;
    facts.error_code = letter.error_code;
    facts.replay_of = letter.replay_of;
    facts.replays = letter.replays;
    facts.now = wall_now();
    facts.worker_version = version();
    core::Decoded decoded = core::decode(record, rules);
    std::vector<core::Command> commands;
    if (auto* const event = std::get_if<core::Event>(&decoded)) {
        commands = core::commands_for(std::move(*event));
    }
    std::vector<core::OutgoingRecord> receipts;
    for (std::size_t index = 0; index < commands.size(); ++index) {
        const bool owed = letter.commands.empty() ||
                          std::binary_search(letter.commands.begin(), letter.commands.end(), index);
        if (owed) {
            facts.command = index;
            facts.action = commands[index].action;
            receipts.push_back(core::receipt(config.receipts.topic, facts, record.key));
        }
    }
    if (receipts.empty()) {
        receipts.push_back(core::receipt(config.receipts.topic, facts, record.key));
    }
    return receipts;
}

}  // namespace

ExitCode replay(const Config& config, const ErrandOptions& options) {
    if (options.canary && !config.receipts.enabled) {
        return fail(ExitCode::usage, "--canary needs receipts, and receipts.enabled is false");
    }
    const core::ResendRules rules{config.kafka.topics, options.replays_max};
    return run(
        config, options,
        {"replay", [&](const core::Letter& letter) { return core::unsendable(letter, rules); },
         [](const core::Letter& letter, const core::Record& record) {
             return std::vector{core::resend(letter, record)};
         }});
}

ExitCode discard(const Config& config, const ErrandOptions& options) {
    const core::DecodeRules rules = to_settings(config).rules;
    return run(
        config, options,
        {"discard", [](const core::Letter&) { return std::optional<core::Unsendable>{}; },
         [&](const core::Letter& letter, const core::Record& record) {
             return discard_receipts(config, options, rules, letter, record);
         }});
}

common::Result<bool> leave_audit(const Config& config, const Audit& audit) {
    Complaints complaints;
    auto sink = kafka::RecordSink::open(kafka_settings(config), complaints);
    if (!sink) {
        return sink.error();
    }
    (*sink)->store(
        {core::StoreId{0}, core::StoreKind::receipt, audit_record(config.receipts.topic, audit, wall_now())});
    static_cast<void>((*sink)->close(40s));
    std::vector<core::Input> inputs;
    (*sink)->collect(inputs);
    for (const core::Input& input : inputs) {
        const auto& end = std::get<core::StoreEnded>(input);
        if (end.result == core::StoreResult::acknowledged) {
            return true;
        }
        return common::Error{end.error};
    }
    return common::Error{"no answer from the brokers"};
}

std::string operator_name() {
    std::array<char, 256> host{};
    static_cast<void>(::gethostname(host.data(), host.size() - 1));
    const passwd* const user = ::getpwuid(::getuid());
    return fmt::format("{}@{}", user != nullptr ? user->pw_name : "unknown", host.data());
}

}  // namespace app::dead_letters
