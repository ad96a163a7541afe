// The watch over dead letters against the embedded broker: what it says of partitions that it cannot count.
#include "worker/app/ledger/ledger_watch.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "tests/integration/kafka_adapter_world.hpp"
#include "worker/ports/clock.hpp"

using namespace std::chrono_literals;

namespace {

// Written to by the watch's thread.
class Heard final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity > core::Severity::debug;
    }
    void write(const core::Say& line) override {
        const std::lock_guard lock{mutex_};
        heard_ = heard_ || line.event == "dead_letters_too_many";
        changed_.notify_all();
    }
    [[nodiscard]] bool too_many() {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, 20s, [this] { return heard_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool heard_ = false;
};

}  // namespace

TEST_CASE("partitions that were given to a watch and cannot be counted are told as such") {
    dev::EmbeddedBroker broker{{{"events", 2}, {"events.dead-letters", 2}}};
    auto kafka = kafka_test::settings_for(broker, {"events.dead-letters"});
    kafka.group_id = "group.dead-letters";
    app::ledger::Settings settings;
    settings.group = kafka.group_id;
    settings.replay_group = "group.replay";
    settings.workers_group = "group";
    settings.sources = {"events"};
    settings.letters_max = 0;  // no letter fits, so nothing is known completely
    Heard journal;
    auto started = app::ledger::LedgerWatch::start(kafka, settings, journal);
    REQUIRE(started);
    app::ledger::LedgerWatch& watch = **started;
    CHECK(watch.standing(ports::steady_now()).partitions == 0);

    REQUIRE(journal.too_many());
    const app::ledger::Standing standing = watch.standing(ports::steady_now());
    CHECK(standing.partitions == 2);
    CHECK((!standing.owing || standing.owing->watched == 0));

    watch.stop(10s);
    CHECK(watch.standing(ports::steady_now()).partitions == 0);
}
