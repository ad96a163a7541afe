#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "tests/kafka/admin.hpp"
#include "tests/kafka/checks.hpp"
#include "tests/kafka/guarded.hpp"
#include "tests/kafka/judge.hpp"
#include "tests/kafka/letters.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

using namespace std::chrono_literals;

namespace {

constexpr const char* user = "worker";
constexpr const char* mute_user = "mute";  // who may write nothing anywhere
constexpr int kafka_fatal = 4;             // as documented (worker/app/exit_code.hpp)

// What the worker needs, and what a case does not give it at first.
enum class Need : unsigned char { group, source, letters, receipts };

struct Case {
    std::string name{};
    std::vector<Need> missing{};
    std::string event{};  // of the log line that tells
    std::string who = user;
};

class Play {
public:
    Play(const Stage& stage, const PrivateBroker& broker, Case played)
        : case_{std::move(played)},
          bootstrap_{broker.bootstrap()},
          scene_{stage, {.name = "rights-" + case_.name}},
          history_{draw_history(
              {.name = scene_.name(), .seed = 7, .events = 200, .people = 40, .invalid_share = 0.2})} {
        options_ = {
            .instance = "one",
            .bootstrap = broker.address(guarded_listener),
            .properties = properties_of(stage, case_.who, scene_.folder())};
        for (const Need need : {Need::group, Need::source, Need::letters, Need::receipts}) {
            if (std::find(case_.missing.begin(), case_.missing.end(), need) == case_.missing.end()) {
                give(need);
            }
        }
        scene_.stock(history_);
        scene_.cluster().produce(scene_.source_topic(), history_.events);
    }

    void start() { worker_.emplace(scene_.start(options_)); }

    // Told with what it is about and what to grant, and nothing is committed past what could not be done.
    void require_told() {
        const Need need = case_.missing.front();
        const std::string remedy = fmt::format("Grant {} on {}", right_name(need), name_of(need));
        worker_->await(
            [&] { return worker_->says(case_.event) && worker_->log().find(remedy) != std::string::npos; },
            20s, fmt::format("{}: nobody is told to \"{}\"", case_.name, remedy));
        require(
            !scene_.cluster().lag_is_zero(scene_.group(), scene_.source_topic()),
            case_.name + ": everything was committed without the right to do it");
    }

    void require_end() {
        const int code = worker_->await_end(20s);
        require(code == kafka_fatal, fmt::format("{}: ended with {}, not {}", case_.name, code, kafka_fatal));
        require(worker_->says(case_.event), case_.name + ": the worker does not say why it ended");
    }

    void grant_all() {
        for (const Need need : case_.missing) {
            give(need);
        }
    }

    // Counting dead letters needs rights of its own; without them only that is missing, and it is told.
    void require_watch_told_and_healed() {
        const std::string watchers = scene_.group() + ".dead-letters";
        worker_->await(
            [&] {
                return worker_->says("dead_letters_unwatched") &&
                       worker_->log().find("Grant Read on consumer group " + watchers) != std::string::npos;
            },
            30s, "nobody is told what the watch over dead letters needs");
        grant(bootstrap_, case_.who, Right::read_group, watchers);
        grant(bootstrap_, case_.who, Right::read_group, scene_.group() + ".replay");
        grant(bootstrap_, case_.who, Right::read_topic, scene_.dead_letter_topic());
        worker_->await(
            [&] {
                return worker_->metric("autosignin_dead_letters_watched") == 1 &&
                       worker_->metric("autosignin_dead_letters_open{reason=\"invalid\"}") ==
                           static_cast<double>(history_.invalid());
            },
            30s, "the watch over dead letters does not begin when it has its rights");
    }

    std::size_t require_healed() {
        scene_.await_settled(*worker_);
        static_cast<void>(require_all_once(history_, scene_.ledger()));
        scene_.require_store(history_);
        static_cast<void>(require_dead_letters(scene_, history_));
        require_receipts(scene_, history_, Repeats::none);
        require(worker_->stop() == 0, "the worker did not end with 0");
        scene_.require_no_traces();
        return history_.demands();
    }

private:
    static std::string_view right_name(Need need) {
        return need == Need::group || need == Need::source ? "Read" : "Write";
    }
    [[nodiscard]] std::string name_of(Need need) const {
        switch (need) {
            case Need::group:
                return "consumer group " + scene_.group();
            case Need::source:
                return "topic " + scene_.source_topic();
            case Need::letters:
                return "topic " + scene_.dead_letter_topic();
            case Need::receipts:
                break;
        }
        return "topic " + scene_.receipts_topic();
    }
    void give(Need need) const {
        const std::string name = name_of(need);
        grant(
            bootstrap_, case_.who,
            need == Need::group    ? Right::read_group
            : need == Need::source ? Right::read_topic
                                   : Right::write_topic,
            name.substr(name.rfind(' ') + 1));
    }

    Case case_;
    std::string bootstrap_;
    Scene scene_;
    History history_;
    WorkerOptions options_;
    std::optional<WorkerProcess> worker_;
};

}  // namespace

std::string check_rights(const Stage& stage) {
    PrivateBroker broker{stage, guarded_broker(stage, "rights", {user, mute_user})};
    Cluster cluster{broker.bootstrap()};
    const Stage mine = on_cluster(stage, cluster);
    std::vector<std::unique_ptr<Play>> plays;
    for (const Case& each :
         {Case{"group", {Need::group}, "kafka_no_group_right"},
          Case{"source", {Need::source}, "kafka_no_topic_right"},
          Case{"letters", {Need::letters}, "kafka_no_topic_right"},
          Case{"receipts", {Need::receipts}, "kafka_no_topic_right"}}) {
        plays.push_back(std::make_unique<Play>(mine, broker, each));
        plays.back()->start();
    }
    // Without any right to write there can be no producer: the worker ends, and is started again by whoever
    // watches over it.
    Play mute{mine, broker, {"mute", {Need::letters, Need::receipts}, "kafka_fatal", mute_user}};
    mute.start();
    for (const auto& play : plays) {
        play->require_told();
        play->grant_all();
    }
    plays.front()->require_watch_told_and_healed();
    mute.require_end();
    mute.grant_all();
    mute.start();
    std::size_t commands = mute.require_healed();
    for (const auto& play : plays) {
        commands += play->require_healed();
    }
    return fmt::format(
        "each of 4 rights told when it is missing, 1 worker without any right to write; {} commands after "
        "the grants",
        commands);
}

}  // namespace lane
