#include "worker/app/ledger/ledger_watch.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "worker/adapters/kafka/group_member.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/ports/clock.hpp"

namespace app::ledger {
namespace {

using namespace std::chrono_literals;
using ports::steady_now;

constexpr common::Duration round_every = 5s;
// For one question to the brokers.
constexpr common::Duration patience = 3s;
// Trouble that passes sooner is not worth a line.
constexpr common::Duration borne = 10s;
constexpr common::Duration told_every = 1min;

}  // namespace

struct LedgerWatch::Shared {
    std::atomic<bool> stopping = false;
    mutable std::mutex mutex;
    // All below: with the mutex.
    std::condition_variable over_changed;
    bool over = false;
    ports::Journal* journal = nullptr;  // null: left to itself
    Standing standing{};
    common::Instant holds_until{};  // of standing.owing

    void say(const core::Say& line) const {
        const std::lock_guard lock{mutex};
        if (journal != nullptr && journal->wants(line.severity)) {
            journal->write(line);
        }
    }
    void show(std::optional<Owing> owing, std::uint64_t expired, common::Instant until) {
        const std::lock_guard lock{mutex};
        standing.owing = owing;
        standing.expired = expired;
        holds_until = until;
    }
    void holds(std::size_t partitions) {
        const std::lock_guard lock{mutex};
        standing.partitions = partitions;
    }
    void end() {
        const std::lock_guard lock{mutex};
        over = true;
        over_changed.notify_all();
    }
};

// What the thread runs. Owns everything it touches, so that it can be left to itself.
class LedgerWatch::Watch final : Brokers {
public:
    Watch(
        std::shared_ptr<Shared> shared, Settings settings, std::unique_ptr<kafka::GroupMember> member,
        std::unique_ptr<kafka::LogReader> reader)
        : shared_{std::move(shared)},
          member_{std::move(member)},
          reader_{std::move(reader)},
          group_{settings.group},
          letters_{std::move(settings), *this} {}

    void run() {
        while (!shared_->stopping) {
            follow_the_group();
            if (steady_now() >= due_) {
                round();
            }
            tell_trouble();
        }
        shared_->show(std::nullopt, letters_.expired(), {});
        shared_->holds(0);
    }

private:
    void follow_the_group() {
        using News = kafka::GroupMember::News;
        const auto wait = std::clamp<common::Duration>(due_ - steady_now(), 0s, 200ms);
        const auto news = member_->poll(wait);
        if (!news) {
            in_trouble(news.error().message);
        } else if (*news == News::taken) {
            shared_->show(std::nullopt, letters_.expired(), {});  // before anybody else is given them
            shared_->holds(0);
            letters_.taken();
            member_->let_go();
        } else if (*news == News::given) {
            letters_.given(member_->partitions());
            shared_->holds(member_->partitions().size());
            due_ = steady_now();
            out_of_trouble();
        }
    }

    void round() {
        const common::Instant now = steady_now();
        const auto step = letters_.round(now);
        for (const core::Say& line : letters_.take_lines()) {
            shared_->say(line);
        }
        if (step && *step == OpenLetters::Step::again) {
            return;
        }
        due_ = steady_now() + round_every;
        if (!step) {
            in_trouble(step.error().message);
        } else if (!member_->partitions().empty()) {
            shared_->show(letters_.owing(), letters_.expired(), now + kafka::GroupMember::session);
            if (letters_.not_asked().empty()) {
                out_of_trouble();
            } else {
                in_trouble(letters_.not_asked());
            }
        }
    }

    void in_trouble(std::string why) {
        if (trouble_.empty()) {
            trouble_since_ = steady_now();
        }
        trouble_ = std::move(why);
    }
    void out_of_trouble() { trouble_.clear(); }

    void tell_trouble() {
        const common::Instant now = steady_now();
        if (trouble_.empty() || shared_->stopping || now - trouble_since_ < borne ||
            (told_ && now - *told_ < told_every)) {
            return;
        }
        told_ = now;
        shared_->say(
            {core::Severity::warning,
             "dead_letters_unwatched",
             fmt::format(
                 "this worker cannot see exactly how many dead letters are open: {} Everything else goes on; "
                 "dead_letters.watch: false switches the watch off",
                 trouble_),
             {{"group", group_}}});
    }

    [[nodiscard]] common::Result<bool> going_on() const {
        return shared_->stopping ? common::Result<bool>{common::Error{"the worker stops"}} : true;
    }
    [[nodiscard]] common::Result<std::vector<kafka::GroupOffset>> offsets(
        const std::string& group, const std::vector<core::TopicPartition>& partitions) override {
        if (const auto go = going_on(); !go) {
            return go.error();
        }
        return member_->offsets(group, partitions, patience);
    }
    [[nodiscard]] common::Result<kafka::Watermarks> watermarks(
        const core::TopicPartition& partition) override {
        if (const auto go = going_on(); !go) {
            return go.error();
        }
        return member_->watermarks(partition, patience);
    }
    [[nodiscard]] common::Result<bool> has(const core::TopicPartition& partition) override {
        if (const auto go = going_on(); !go) {
            return go.error();
        }
        return member_->has(partition, patience);
    }
    [[nodiscard]] common::Result<core::Offset> read(
        const core::TopicPartition& partition, core::Offset first, core::Offset end,
        const kafka::LogReader::Take& take) override {
        if (const auto go = going_on(); !go) {
            return go.error();
        }
        return reader_->read(partition, first, end, take);
    }
    [[nodiscard]] common::Result<bool> commit(const std::vector<kafka::GroupOffset>& offsets) override {
        if (const auto go = going_on(); !go) {
            return go.error();
        }
        return member_->commit(offsets, patience);
    }

    std::shared_ptr<Shared> shared_;
    std::unique_ptr<kafka::GroupMember> member_;
    std::unique_ptr<kafka::LogReader> reader_;
    std::string group_;
    OpenLetters letters_;
    common::Instant due_{};
    std::string trouble_;
    common::Instant trouble_since_{};
    std::optional<common::Instant> told_;
};

common::Result<std::unique_ptr<LedgerWatch>> LedgerWatch::start(
    const kafka::KafkaSettings& kafka, Settings settings, ports::Journal& journal) {
    auto member = kafka::GroupMember::open(kafka, "autosignin-watch");
    if (!member) {
        return member.error();
    }
    auto reader = kafka::LogReader::open(kafka, patience);
    if (!reader) {
        return reader.error();
    }
    auto shared = std::make_shared<Shared>();
    shared->journal = &journal;
    auto watch = std::make_unique<Watch>(shared, std::move(settings), std::move(*member), std::move(*reader));
    std::thread{[shared, watch = std::move(watch)]() mutable {
        watch->run();
        watch.reset();  // leaves the group
        shared->end();
    }}.detach();
    return std::unique_ptr<LedgerWatch>{new LedgerWatch{std::move(shared)}};
}

LedgerWatch::~LedgerWatch() {
    stop({});
}

Standing LedgerWatch::standing(common::Instant now) const {
    const std::lock_guard lock{shared_->mutex};
    Standing standing = shared_->standing;
    if (now >= shared_->holds_until) {
        standing.owing.reset();
    }
    return standing;
}

void LedgerWatch::ask_to_stop() {
    shared_->stopping = true;
}

void LedgerWatch::stop(common::Duration bound) {
    ask_to_stop();
    std::unique_lock lock{shared_->mutex};
    static_cast<void>(shared_->over_changed.wait_for(lock, bound, [this] { return shared_->over; }));
    shared_->journal = nullptr;
}

}  // namespace app::ledger
