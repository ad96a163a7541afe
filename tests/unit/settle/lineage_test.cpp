// What a record's headers say of its earlier rounds, and that nothing made up is believed.
#include "worker/core/settle/lineage.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using core::Headers;
using Commands = std::vector<std::size_t>;

constexpr auto of = "dlq.replay.of";
constexpr auto ancestor = "events.dead-letters/3/41";

}  // namespace

TEST_CASE("lineage: rows") {
    struct Row {
        Headers headers;
        int replays;
        std::string of;
        Commands commands;
        const char* because;
    };
    const std::vector<Row> rows{
        {{}, 0, "", {}, "a record that was never replayed"},
        {{{"dlq.replay.count", "2"}, {of, ancestor}, {"dlq.commands", "0,2"}},
         2,
         ancestor,
         {0, 2},
         "a replay"},
        {{{of, ancestor}}, 0, ancestor, {}, "without a list all commands run"},
        {{{"dlq.commands", "1"}}, 0, "", {}, "commands are believed with an ancestor only"},
        {{{of, "here"}, {"dlq.commands", "1"}}, 0, "", {}, "which is a position"},
        {{{of, ancestor}, {of, "a/0/1"}}, 0, "a/0/1", {}, "the last of a name counts"},
        {{{of, ancestor}, {of, std::nullopt}}, 0, ancestor, {}, "that has a value"},
        {{{of, ancestor}, {"dlq.commands", "2,0"}}, 0, ancestor, {}, "ascending, or all run"},
        {{{of, ancestor}, {"dlq.commands", "0,0"}}, 0, ancestor, {}, "each once"},
        {{{of, ancestor}, {"dlq.commands", ""}}, 0, ancestor, {}, "no number"},
        {{{of, ancestor}, {"dlq.commands", "1,"}}, 0, ancestor, {}, "no number after the comma"},
        {{{of, ancestor}, {"dlq.commands", "-1"}}, 0, ancestor, {}, "a sign"},
        {{{of, ancestor}, {"dlq.commands", "1 "}}, 0, ancestor, {}, "a space"},
        {{{of, ancestor}, {"dlq.commands", "99999999999999999999"}},
         0,
         ancestor,
         {},
         "too large for a number"},
        {{{"dlq.replay.count", "-1"}}, 0, "", {}, "a negative count"},
        {{{"dlq.replay.count", "99999999999"}}, 0, "", {}, "a count that is too large"},
        {{{"dlq.replay.count", "x"}}, 0, "", {}, "a count that is none"},
        {{{"dlq.replay.count", ""}}, 0, "", {}, "an empty count"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.because);
        const core::Lineage lineage = core::lineage_of(row.headers);
        CHECK(lineage.replays == row.replays);
        CHECK(lineage.of == row.of);
        CHECK(lineage.commands == row.commands);
    }
}

TEST_CASE("lineage: the origin is believed with an ancestor, when it is a position") {
    constexpr auto origin = "dlq.replay.origin";
    CHECK(core::lineage_of({{of, ancestor}, {origin, "events/3/7"}}).origin == "events/3/7");
    CHECK(core::lineage_of({{origin, "events/3/7"}}).origin.empty());
    CHECK(core::lineage_of({{of, ancestor}, {origin, "events/3/x"}}).origin.empty());
}

TEST_CASE("lineage: a position is written and read back, and nothing else is one") {
    const std::string text = core::position_text({"events.dead-letters", 3}, core::Offset{41});
    CHECK(text == ancestor);
    const auto position = core::read_position(text);
    REQUIRE(position);
    CHECK(position->partition == core::TopicPartition{"events.dead-letters", 3});
    CHECK(position->offset == core::Offset{41});
    for (const char* wrong :
         {"", "/", "//", "a", "a/1", "/1/2", "a//2", "a/1/", "a/b/2", "a/1/b", "a/-1/2", "a/1/-2", "a/b/1/2",
          "a/4294967296/2", "a/1/99999999999999999999", "a/1/2 "}) {
        CAPTURE(wrong);
        CHECK_FALSE(core::read_position(wrong));
    }
    CHECK_FALSE(core::read_position(std::string(250, 'a') + "/1/2"));
}
