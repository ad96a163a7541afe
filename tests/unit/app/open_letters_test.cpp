// The rounds of the watch over dead letters against a Kafka of plain maps: what is asked in which order, and
// that two workers together never count too few or, while the group holds them apart, too many.
#include "worker/app/ledger/open_letters.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/offset_map.hpp"

namespace {

using app::ledger::OpenLetters;
using core::Offset;
using core::TopicPartition;
using namespace std::chrono_literals;

const TopicPartition letters{"events.dead-letters", 0};
const TopicPartition other_letters{"events.dead-letters", 1};
const TopicPartition events{"events", 3};

// Topics as vectors, groups as maps.
class Shelf final : public app::ledger::Brokers {
public:
    struct Log {
        std::int64_t first = 0;
        std::vector<core::Record> records{};
    };
    std::map<TopicPartition, Log> logs{{letters, {}}, {other_letters, {}}, {events, {}}};
    std::map<std::string, std::map<TopicPartition, kafka::GroupOffset>> groups;
    std::string refuses;               // commit, offsets of this group, or the watermarks of this topic
    std::set<core::Position> markers;  // of transactions: no record lies there
    std::set<TopicPartition> silent;   // whose watermarks nobody tells
    std::vector<std::string> asked;

    Offset end(const TopicPartition& partition) {
        return Offset{static_cast<std::int64_t>(logs.at(partition).records.size())};
    }
    void commit_in(
        const std::string& group, const TopicPartition& partition, Offset committed, std::string map = {}) {
        groups[group][partition] = {partition, committed, std::move(map)};
    }
    // A dead letter of a record in `from`.
    void fail(
        const TopicPartition& to = letters, core::DeadLetterReason reason = core::DeadLetterReason::rejected,
        const TopicPartition& from = events) {
        core::Record original;
        original.offset = Offset{7};
        original.value = "{}";
        original.timestamp = common::WallTime{1min};
        core::DeadLetterFacts facts;
        facts.from = from;
        facts.reason = reason;
        facts.error_code = "400";
        const core::OutgoingRecord stored = core::dead_letter(original, to.topic, facts);
        put(to, stored.headers, original.timestamp);
    }
    void put(const TopicPartition& to, core::Headers headers = {}, common::WallTime time = {}) {
        core::Record record;
        record.offset = end(to);
        record.headers = std::move(headers);
        record.timestamp = time;
        logs.at(to).records.push_back(std::move(record));
    }

    common::Result<std::vector<kafka::GroupOffset>> offsets(
        const std::string& group, const std::vector<TopicPartition>& partitions) override {
        asked.push_back("offsets of " + group);
        if (group == refuses) {
            return common::Error{"refused"};
        }
        std::vector<kafka::GroupOffset> found;
        for (const TopicPartition& each : partitions) {
            const auto at = groups[group].find(each);
            found.push_back(at == groups[group].end() ? kafka::GroupOffset{each} : at->second);
        }
        return found;
    }
    common::Result<kafka::Watermarks> watermarks(const TopicPartition& partition) override {
        asked.push_back("end of " + partition.topic);
        if (partition.topic == refuses || silent.contains(partition)) {
            return common::Error{"refused"};
        }
        return kafka::Watermarks{Offset{logs.at(partition).first}, end(partition)};
    }
    common::Result<bool> has(const TopicPartition& partition) override {
        if (partition.topic == refuses) {
            return common::Error{"refused"};
        }
        return logs.contains(partition);
    }
    common::Result<Offset> read(
        const TopicPartition& partition, Offset first, Offset last,
        const kafka::LogReader::Take& take) override {
        for (const core::Record& record : logs.at(partition).records) {
            if (markers.contains({partition, record.offset})) {
                continue;
            }
            if (record.offset >= first && record.offset < last && !take(core::Record{record})) {
                return record.offset + 1;
            }
        }
        return last;
    }
    common::Result<bool> commit(const std::vector<kafka::GroupOffset>& offsets) override {
        asked.push_back("commit");
        if (refuses == "commit") {
            return common::Error{"refused"};
        }
        for (const kafka::GroupOffset& each : offsets) {
            groups["g.dead-letters"][each.partition] = each;
        }
        return true;
    }
};

struct Watcher {
    explicit Watcher(
        Shelf& kafka, std::vector<TopicPartition> partitions = {letters}, std::size_t letters_max = 100)
        : shelf{kafka}, open{{"g.dead-letters", "g.replay", "g", {"events"}, {}, letters_max, 8s}, kafka} {
        open.given(partitions);
    }
    // A round five seconds later.
    bool round() {
        shelf.asked.clear();
        now += 5s;
        const auto step = open.round(now);
        return step && *step == OpenLetters::Step::done;
    }
    [[nodiscard]] std::size_t owed() const {
        const auto sum = open.owing().open;
        return sum[0] + sum[1] + sum[2] + sum[3];
    }
    bool says(std::string_view event) {
        for (const core::Say& line : open.take_lines()) {
            if (line.event == event) {
                return true;
            }
        }
        return false;
    }

    Shelf& shelf;
    OpenLetters open;
    common::Instant now{};
};

}  // namespace

TEST_CASE("open letters: counted by reason until their replays are executed") {
    Shelf shelf;
    shelf.fail();
    shelf.fail(letters, core::DeadLetterReason::invalid);
    shelf.put(letters);  // somebody else's
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 2);
    CHECK(watcher.open.owing().open[static_cast<std::size_t>(core::DeadLetterReason::invalid)] == 1);
    CHECK(watcher.open.owing().oldest == common::WallTime{1min});
    CHECK(watcher.open.owing().watched == 1);

    shelf.put(events);  // the replay of the first
    shelf.commit_in("g.replay", letters, Offset{1});
    for (int round = 0; round < 5; ++round) {
        REQUIRE(watcher.round());
        CHECK(watcher.owed() == 2);
    }
    shelf.commit_in("g", events, Offset{1});  // executed
    REQUIRE(watcher.round());
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 2);  // believed when it is older than anybody's round
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 1);

    SUBCASE("and another worker goes on from there") {
        Watcher next{shelf};
        REQUIRE(next.round());
        CHECK(next.owed() == 1);
        CHECK(next.open.owing().open[static_cast<std::size_t>(core::DeadLetterReason::rejected)] == 0);
        CHECK(next.open.expired() == 0);
    }
}

// The watch once closed such letters for ever, so that a newer version found them closed.
TEST_CASE("open letters: a letter that is not understood is owed until somebody discards it") {
    Shelf shelf;
    shelf.put(
        letters, {{"dlq.reason", "of a newer version"},
                  {"dlq.original.topic", "events"},
                  {"dlq.original.partition", "3"},
                  {"dlq.original.offset", "7"}});
    shelf.put(letters, {{"dlq.reason", "rejected"}});  // where it came from is damaged
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    CHECK(watcher.open.owing().open[core::count_index(std::nullopt)] == 2);
    CHECK(shelf.groups["g.dead-letters"][letters].committed == Offset{0});
    Watcher next{shelf};
    REQUIRE(next.round());
    CHECK(next.owed() == 2);
    shelf.commit_in("g.replay", letters, Offset{2});
    for (int round = 0; round < 4; ++round) {
        REQUIRE(next.round());
    }
    CHECK(next.owed() == 0);
}

TEST_CASE("open letters: ends are asked behind the settlements, and commits behind the ends") {
    Shelf shelf;
    shelf.fail();
    shelf.put(events);
    shelf.commit_in("g.replay", letters, Offset{1});
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    REQUIRE(watcher.round());
    CHECK(
        watcher.shelf.asked ==
        std::vector<std::string>{
            "end of events.dead-letters", "offsets of g.replay", "offsets of g", "commit"});
    Watcher anew{shelf};
    REQUIRE(anew.round());
    const std::vector<std::string> last(anew.shelf.asked.end() - 4, anew.shelf.asked.end());
    CHECK(last == std::vector<std::string>{"offsets of g.replay", "end of events", "offsets of g", "commit"});
}

// The new letter lies where another worker looks, which has its rounds at other times.
TEST_CASE("open letters: a replay that fails again is counted by somebody at every moment") {
    for (const common::Duration apart : {0s, 1s, 2s, 4s}) {
        for (const int fails_at : {0, 1, 2, 3, 4}) {
            CAPTURE(apart.count());
            CAPTURE(fails_at);
            Shelf shelf;
            shelf.fail(letters);
            Watcher one{shelf, {letters}};
            Watcher two{shelf, {other_letters}};
            REQUIRE(one.round());
            two.now = one.now - apart;
            shelf.put(events);
            shelf.commit_in("g.replay", letters, Offset{1});
            bool counted_twice = false;
            for (int second = 0; second < 60; ++second) {
                if (second == 10 + fails_at) {
                    shelf.fail(other_letters);  // stored, and only then committed
                    shelf.commit_in("g", events, Offset{1});
                }
                for (Watcher* each : {&one, &two}) {
                    const common::Instant due = each->now + 5s;
                    if (common::Instant{} + 5s + std::chrono::seconds{second} >= due) {
                        REQUIRE(each->round());
                    }
                }
                REQUIRE(one.owed() + two.owed() >= 1);
                counted_twice = counted_twice || one.owed() + two.owed() == 2;
            }
            CHECK(counted_twice);  // on its way here, open there
            CHECK(one.owed() == 0);
            CHECK(two.owed() == 1);
        }
    }
}

TEST_CASE("open letters: what retention took is counted once, whoever sees it") {
    Shelf shelf;
    for (int i = 0; i < 6; ++i) {
        shelf.fail();
    }
    shelf.commit_in("g.replay", letters, Offset{1});
    SUBCASE("while somebody watches") {
        Watcher watcher{shelf};
        REQUIRE(watcher.round());
        shelf.logs[letters].first = 4;
        REQUIRE(watcher.round());
        CHECK(watcher.open.expired() == 3);  // the first was settled
        CHECK(watcher.says("dead_letters_expired"));
        CHECK(watcher.owed() == 2);
        Watcher next{shelf};
        REQUIRE(next.round());
        CHECK(next.open.expired() == 0);
        CHECK(next.owed() == 2);
    }
    SUBCASE("while nobody watched") {
        REQUIRE(Watcher{shelf}.round());
        for (int i = 0; i < 2; ++i) {
            shelf.fail();
        }
        shelf.logs[letters].first = 8;
        Watcher watcher{shelf};
        REQUIRE(watcher.round());
        CHECK(watcher.open.expired() == 7);
        CHECK(watcher.owed() == 0);
        Watcher next{shelf};
        REQUIRE(next.round());
        CHECK(next.open.expired() == 0);
    }
    SUBCASE("before anybody ever watched, nobody knows") {
        shelf.logs[letters].first = 4;
        Watcher watcher{shelf};
        REQUIRE(watcher.round());
        CHECK(watcher.open.expired() == 0);
        CHECK(watcher.owed() == 2);
    }
}

TEST_CASE("open letters: a bound on memory, and no count that looks complete beyond it") {
    Shelf shelf;
    for (int i = 0; i < 10; ++i) {
        shelf.fail();
    }
    Watcher watcher{shelf, {letters}, 4};
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 4);
    CHECK(watcher.open.owing().watched == 0);
    CHECK(watcher.says("dead_letters_too_many"));
    REQUIRE(watcher.round());
    CHECK_FALSE(watcher.says("dead_letters_too_many"));
    shelf.commit_in("g.replay", letters, Offset{8});  // discarded; everything else is long executed
    for (int round = 0; round < 12; ++round) {
        REQUIRE(watcher.round());
    }
    CHECK(watcher.owed() == 2);
    CHECK(watcher.open.owing().watched == 1);
}

TEST_CASE("open letters: a dead-letter topic that is made again is counted anew") {
    Shelf shelf;
    for (int i = 0; i < 5; ++i) {
        shelf.fail();
    }
    shelf.commit_in("g.replay", letters, Offset{5});
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    shelf.logs[letters] = {};
    shelf.fail();
    REQUIRE(watcher.round());
    CHECK(watcher.says("dead_letters_topic_made_again"));
    CHECK(watcher.owed() == 1);
    CHECK(watcher.open.expired() == 0);
    SUBCASE("also when nobody looked meanwhile") {
        shelf.commit_in("g.dead-letters", letters, Offset{5});
        Watcher next{shelf};
        REQUIRE(next.round());
        CHECK(next.owed() == 1);
        CHECK(next.open.expired() == 0);
    }
}

TEST_CASE("open letters: a discarded letter of a topic that is not read any more is closed") {
    Shelf shelf;
    shelf.fail(letters, core::DeadLetterReason::rejected, {"left-topic", 0});
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 1);
    shelf.commit_in("g.replay", letters, Offset{1});
    for (int round = 0; round < 4; ++round) {
        REQUIRE(watcher.round());
    }
    CHECK(watcher.owed() == 0);
}

// A single discarded letter of a partition that was gone once switched the count of its worker off for good.
TEST_CASE("open letters: a discarded letter of a partition that is gone is closed") {
    Shelf shelf;
    shelf.fail(letters, core::DeadLetterReason::rejected, {"events", 8});
    shelf.fail();
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    CHECK(watcher.owed() == 2);
    shelf.commit_in("g.replay", letters, Offset{1});
    for (int round = 0; round < 4; ++round) {
        REQUIRE(watcher.round());
        CHECK(watcher.open.not_asked().empty());
    }
    CHECK(watcher.owed() == 1);
}

// Workers commit what lies behind the last record, and the end is behind the marker.
TEST_CASE("open letters: a discarded letter of a quiet transactional source is closed") {
    Shelf shelf;
    shelf.fail();
    shelf.put(events);
    shelf.put(events);
    shelf.markers.insert({events, Offset{1}});
    shelf.commit_in("g.replay", letters, Offset{1});
    Watcher watcher{shelf};
    const auto rounds = [&](int number) {
        for (int round = 0; round < number; ++round) {
            REQUIRE(watcher.round());
        }
    };
    rounds(5);
    CHECK(watcher.owed() == 1);  // a record is not committed yet
    shelf.commit_in("g", events, Offset{1});
    rounds(4);
    CHECK(watcher.owed() == 0);
}

// Two sources without a leader once kept all behind them from being asked.
TEST_CASE("open letters: sources that do not answer do not keep the others waiting for ever") {
    Shelf shelf;
    for (const std::int32_t number : {1, 2, 3, 4, 5}) {
        const TopicPartition source{"events", number};
        shelf.logs.insert({source, {}});
        shelf.fail(letters, core::DeadLetterReason::rejected, source);
    }
    shelf.silent = {{"events", 1}, {"events", 2}, {"events", 4}};
    shelf.commit_in("g.replay", letters, Offset{5});
    Watcher watcher{shelf};
    for (int round = 0; round < 8; ++round) {
        REQUIRE(watcher.round());
    }
    CHECK(watcher.owed() == 3);
    CHECK_FALSE(watcher.open.not_asked().empty());
}

TEST_CASE("open letters: what cannot be asked fails the round or is told, and the next one asks again") {
    for (const char* refused : {"commit", "g", "g.replay", "events", "events.dead-letters"}) {
        CAPTURE(std::string{refused});
        Shelf shelf;
        shelf.fail();
        shelf.put(events);
        shelf.commit_in("g.replay", letters, Offset{1});
        shelf.commit_in("g", events, Offset{1});
        Watcher watcher{shelf};
        shelf.refuses = refused;
        const bool of_the_sources = std::string{refused} == "g" || std::string{refused} == "events";
        for (int round = 0; round < 4; ++round) {
            CHECK(watcher.round() == of_the_sources);
            if (of_the_sources) {
                CHECK(watcher.owed() == 1);
                CHECK(watcher.open.not_asked() == "refused");
            }
        }
        shelf.refuses.clear();
        for (int round = 0; round < 4; ++round) {
            CHECK(watcher.round());
        }
        CHECK(watcher.owed() == 0);
    }
}

TEST_CASE("open letters: a new kind is told once, what lay there before is not") {
    Shelf shelf;
    shelf.fail();
    Watcher watcher{shelf};
    REQUIRE(watcher.round());
    CHECK_FALSE(watcher.says("dead_letters_new_kind"));
    shelf.fail();
    REQUIRE(watcher.round());
    CHECK_FALSE(watcher.says("dead_letters_new_kind"));
    shelf.fail(letters, core::DeadLetterReason::invalid);
    REQUIRE(watcher.round());
    CHECK(watcher.says("dead_letters_new_kind"));
    shelf.fail(letters, core::DeadLetterReason::invalid);
    REQUIRE(watcher.round());
    CHECK_FALSE(watcher.says("dead_letters_new_kind"));
}

// After a thousand kinds, as accounts of many topics make them, nothing new was ever told again.
TEST_CASE("new kinds: a new one is told however many there were") {
    app::ledger::NewKinds kinds;
    core::Letter letter;
    common::Instant now{};
    for (int kind = 0; kind < 2500; ++kind) {
        letter.error_code = fmt::format("code_{}", kind);
        now += 1min;
        CHECK(kinds.note(letter, true, now));
        CHECK_FALSE(kinds.note(letter, true, now));
    }
    letter.error_code = "code_1501";
    CHECK_FALSE(kinds.note(letter, true, now + 1min));
    letter.error_code = "code_7";  // forgotten meanwhile
    CHECK(kinds.note(letter, true, now + 1min));
}

TEST_CASE("open letters: what expired is what neither people nor the ledger had closed") {
    struct Row {
        const char* because;
        std::int64_t from;
        std::int64_t to;
        app::ledger::Settled settled;
        core::OffsetRanges closed;
        std::uint64_t want;
    };
    const auto range = [](std::int64_t first, std::int64_t last) {
        return core::OffsetRange{Offset{first}, Offset{last}};
    };
    const Row rows[] = {
        {"nothing was done about any", 0, 10, {}, {}, 10},
        {"nothing is gone", 10, 10, {}, {}, 0},
        {"the log begins below", 10, 5, {}, {}, 0},
        {"people settled the first", 0, 10, {Offset{4}, {}}, {}, 6},
        {"and some above", 0, 10, {Offset{4}, {range(6, 7), range(9, 20)}}, {}, 3},
        {"the ledger closed some", 0, 10, {}, {range(2, 3), range(5, 5)}, 7},
        {"both, and the same", 0, 10, {Offset{1}, {range(2, 4)}}, {range(3, 6), range(8, 8)}, 3},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(
                app::ledger::unsettled_between(Offset{row.from}, Offset{row.to}, row.settled, row.closed) ==
                row.want);
        }
    }
}
