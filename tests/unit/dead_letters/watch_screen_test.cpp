// The list, live: never more than the terminal holds, and nothing left out in silence.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/dead_letters/letters_world.hpp"
#include "worker/app/dead_letters/watch_screen.hpp"

namespace {

using namespace std::chrono_literals;
using app::dead_letters::Listing;
using app::dead_letters::ListOptions;
using app::dead_letters::Screen;
using app::dead_letters::watch_screen;

// So many groups of three letters.
Listing listing_of(int groups) {
    Listing listing;
    for (int group = 0; group < groups; ++group) {
        for (int i = 0; i < 3; ++i) {
            core::Letter letter = letters_test::letter(3 * group + i);
            letter.error_code = std::to_string(400 + group);
            ++listing.letters;
            ++listing.looked_at;
            listing.groups.add(letter);
            listing.each.push_back({letter, false});
        }
    }
    return listing;
}

std::string seen(int groups, const Screen& screen, bool each = false) {
    ListOptions options;
    options.each = each;
    return watch_screen(listing_of(groups), options, 5s, screen, letters_test::now);
}

}  // namespace

TEST_CASE("watch: the time of the look, and the list") {
    CHECK(
        seen(1, {50, 79}) ==
        R"~(2026-02-01T11:05:07.042Z, looked at every 5 s until Ctrl-C
3 open dead letters in 1 group; the oldest is owed for 1 d 4 h

       3  rejected 400  owed for 1 d 4 h
          account.opted-out.v1, app tv, from events
          failed 2026-01-31T09:05:07.042Z to 2026-01-31T09:05:07.042Z
          whose turn: the team that emits the events
          for example events.dead-letters/2/0
          --group rejected/400/account.opted-out.v1/tv/events
)~");
}

// The first groups, the largest, once scrolled off the top.
TEST_CASE("watch: what does not fit into the terminal is counted") {
    for (const std::size_t rows : {10UL, 24UL, 50UL}) {
        for (const std::size_t columns : {40UL, 79UL, 199UL}) {
            for (const bool each : {false, true}) {
                CAPTURE(rows);
                CAPTURE(columns);
                const std::string text = seen(40, {rows, columns}, each);
                std::size_t used = 1;  // of the cursor
                for (std::size_t at = 0; at < text.size();) {
                    const std::size_t end = text.find('\n', at);
                    used += std::max<std::size_t>(1, (end - at + columns - 1) / columns);
                    at = end + 1;
                }
                CHECK(used <= rows);
                CHECK(text.find("120 open dead letters in 40 groups") != std::string::npos);
                CHECK(text.find("do not fit: use `list`, or add a filter\n") != std::string::npos);
            }
        }
    }
    CHECK(seen(3, {18, 99}).find("6 more dead letters in 2 groups do not fit") != std::string::npos);
    CHECK(seen(40, {0, 79}).find("do not fit") == std::string::npos);
}
