// What people and programs read, letter by letter.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/dead_letters/letters_world.hpp"
#include "worker/app/dead_letters/rendering.hpp"
#include "worker/app/dead_letters/texts.hpp"

namespace {

using namespace std::chrono_literals;
using app::dead_letters::Format;
using app::dead_letters::Listing;
using app::dead_letters::ListOptions;
using app::dead_letters::rendered;
using letters_test::invalid_letter;
using letters_test::letter;
using letters_test::now;

Listing listing_of(const std::vector<core::Letter>& letters) {
    Listing listing;
    for (const core::Letter& each : letters) {
        ++listing.letters;
        ++listing.looked_at;
        listing.groups.add(each);
        listing.each.push_back({each, false});
    }
    return listing;
}

std::string seen(const Listing& listing, Format format, bool each) {
    ListOptions options;
    options.each = each;
    return rendered(listing, options, format, now);
}

// With every kind of text that comes from outside.
core::Letter evil() {
    core::Letter letter = letters_test::letter(43);
    const std::string text = "=1+\"1\"\x1b[2J\n\xc2\x9b\xe2\x80\xae\xff,'$(id)'";
    letter.error_code = text;
    letter.original.partition.topic = text;
    letter.app.clear();
    letter.envelope.type.reset();
    letter.given = {text, text};
    letter.envelope.id = text;
    letter.envelope.subject = text;
    letter.replay_of = text;
    return letter;
}

}  // namespace

TEST_CASE("list: grouped, for people") {
    CHECK(
        seen(listing_of({letter(41), invalid_letter(42), letter(44)}), Format::table, false) ==
        R"~(3 open dead letters in 2 groups; the oldest is owed for 1 d 4 h

       2  rejected 400  owed for 1 d 4 h
          account.opted-out.v1, app tv, from events
          failed 2026-01-31T09:05:07.042Z to 2026-01-31T09:05:07.042Z
          whose turn: the team that emits the events
          for example events.dead-letters/2/41
          --group rejected/400/account.opted-out.v1/tv/events

       1  invalid not_json  owed for 1 d 2 h
          unknown, app -, from events
          failed 2026-01-31T09:05:07.042Z to 2026-01-31T09:05:07.042Z
          1 came back from a replay
          whose turn: the team that emits the events
          for example events.dead-letters/2/42
          --group invalid/not_json/unknown/-/events
)~");
}

TEST_CASE("list: one entry a letter, for people") {
    Listing listing = listing_of({letter(41), invalid_letter(42)});
    listing.each[0].settled = true;
    CHECK(
        seen(listing, Format::table, true) ==
        R"~(2 open dead letters in 2 groups; the oldest is owed for 1 d 4 h

events.dead-letters/2/41  rejected 400  1 d 4 h ago  settled
    account.opted-out.v1, app tv, account anna, event e-1
events.dead-letters/2/42  invalid not_json  1 d 2 h ago
    unknown, app -, account -, event -, replayed once
)~");
}

// "0 open dead letters" once was the answer to every filter, also to one with a misspelt name.
TEST_CASE("list: a filter is told with its answer, and so is a doubt about it") {
    Listing listing = listing_of({letter(41), invalid_letter(42)});
    listing.looked_at = 14;
    ListOptions options;
    options.selection.apps = {"tv", "\x1b[2J"};
    options.selection.replayed = true;
    listing.doubts = {"--app \x1b[2J: no such app"};
    const std::string text = rendered(listing, options, Format::table, now);
    CHECK(text.starts_with(
        "2 of 14 open dead letters match --app tv,\\u001b[2J --replayed, in 2 groups; the oldest is owed for "
        "1 d 4 h\nnote: --app \\u001b[2J: no such app\n"));
    const auto document = nlohmann::json::parse(rendered(listing, options, Format::json, now));
    CHECK(document["filter"] == "app=tv,\x1b[2J replayed=yes");
    CHECK(document["looked_at"] == 14);
    CHECK(document["doubts"].size() == 1);

    Listing nothing;
    nothing.looked_at = 1;
    options.selection.apps = {"tv"};
    CHECK(
        rendered(nothing, options, Format::table, now) ==
        "0 of 1 open dead letter matches --app tv --replayed\n");
}

TEST_CASE("list: what is left out is counted") {
    Listing listing = listing_of({letter(41), invalid_letter(42)});
    listing.each.pop_back();
    CHECK(
        seen(listing, Format::table, true).find("\n1 of 2 are shown: add a filter to see the others\n") !=
        std::string::npos);
    CHECK(nlohmann::json::parse(seen(listing, Format::json, true))["each_left_out"] == 1);
    for (std::size_t kind = 0; kind < core::Groups::groups_max; ++kind) {
        core::Letter another = invalid_letter(43);
        another.given.app = "app-" + std::to_string(kind);
        ++listing.letters;
        listing.groups.add(another);
    }
    CHECK(
        seen(listing, Format::table, false).find("\n1000 of 1002 are shown: add a filter") !=
        std::string::npos);
    CHECK(nlohmann::json::parse(seen(listing, Format::json, false))["further_groups_letters"] == 2);
}

// Nobody could see which app an event of an unknown app had meant.
TEST_CASE("list: an app and a type that the worker does not know are called as the event calls them") {
    core::Letter stranger = invalid_letter(42);
    stranger.error_code = "unknown_app";
    stranger.given = {"account.moved.v1", "raydio"};
    const std::string groups = seen(listing_of({stranger}), Format::table, false);
    CHECK(groups.find("account.moved.v1, app raydio, from events\n") != std::string::npos);
    CHECK(groups.find("--group invalid/unknown_app/account.moved.v1/raydio/events\n") != std::string::npos);
    CHECK(
        seen(listing_of({stranger}), Format::table, true).find("account.moved.v1, app raydio,") !=
        std::string::npos);
    const auto document = nlohmann::json::parse(seen(listing_of({stranger}), Format::json, true));
    CHECK(document["each"][0]["app"] == "raydio");
    CHECK(document["each"][0]["type"] == "account.moved.v1");
    CHECK(
        seen(listing_of({stranger}), Format::csv, true).find(R"("account.moved.v1","raydio",)") !=
        std::string::npos);
}

TEST_CASE("list: nothing is open, and what is to be shouted about") {
    CHECK(seen({}, Format::table, false) == "0 open dead letters\n");
    Listing listing;
    listing.expired = 12;
    listing.not_letters = 2;
    listing.not_letter_example = "events.dead-letters/0/1: no header";
    listing.missing_topics = {"events.invalid"};
    CHECK(seen(listing, Format::table, false) == R"~(0 open dead letters
UP TO 12 EXPIRED UNSETTLED: retention took them before anybody replayed or discarded them;
raise retention.ms of the dead-letter topic
there is no topic events.invalid: create it, or letters for it cannot be stored
2 records are no dead letters of this worker, for example events.dead-letters/0/1: no header
)~");
}

TEST_CASE("list: for programs") {
    const auto document =
        nlohmann::json::parse(seen(listing_of({letter(41), invalid_letter(42)}), Format::json, true));
    CHECK(document == nlohmann::json::parse(R"~({
  "letters": 2, "looked_at": 2, "filter": "everything", "doubts": [], "expired_unsettled": 0, "not_letters": 0, "missing_topics": [],
  "further_groups_letters": 0,
  "groups": [
    {"signature": "rejected/400/account.opted-out.v1/tv/events", "reason": "rejected", "error_code": "400",
     "type": "account.opted-out.v1", "app": "tv", "topic": "events", "count": 1, "replayed": 0,
     "oldest_since": "2026-01-31T07:05:07.042Z", "oldest_seconds": 100800,
     "first_failed": "2026-01-31T09:05:07.042Z", "last_failed": "2026-01-31T09:05:07.042Z",
     "example": "events.dead-letters/2/41"},
    {"signature": "invalid/not_json/unknown/-/events", "reason": "invalid", "error_code": "not_json",
     "type": "unknown", "app": "", "topic": "events", "count": 1, "replayed": 1,
     "oldest_since": "2026-01-31T09:05:07.042Z", "oldest_seconds": 93600,
     "first_failed": "2026-01-31T09:05:07.042Z", "last_failed": "2026-01-31T09:05:07.042Z",
     "example": "events.dead-letters/2/42"}],
  "each_left_out": 0,
  "each": [
    {"position": "events.dead-letters/2/41", "original": "events/3/4711", "settled": false,
     "reason": "rejected", "error_code": "400", "http_status": 400, "type": "account.opted-out.v1", "app": "tv",
     "account": "anna", "event": "e-1", "since": "2026-01-31T07:05:07.042Z", "attempts": 2, "replays": 0,
     "replay_of": "", "commands": [1]},
    {"position": "events.dead-letters/2/42", "original": "events/3/4711", "settled": false,
     "reason": "invalid", "error_code": "not_json", "type": "unknown", "app": "", "account": "", "event": "",
     "since": "2026-01-31T09:05:07.042Z", "attempts": 0, "replays": 1,
     "replay_of": "events.dead-letters/2/7", "commands": []}]
})~"));
}

TEST_CASE("list: for spreadsheets") {
    CHECK(
        seen(listing_of({letter(41), invalid_letter(42)}), Format::csv, false) ==
        R"~(count,reason,error_code,type,app,topic,replayed,oldest_since,first_failed,last_failed,example
1,rejected,"400","account.opted-out.v1","tv","events",0,2026-01-31T07:05:07.042Z,2026-01-31T09:05:07.042Z,2026-01-31T09:05:07.042Z,"events.dead-letters/2/41"
1,invalid,"not_json","unknown","","events",1,2026-01-31T09:05:07.042Z,2026-01-31T09:05:07.042Z,2026-01-31T09:05:07.042Z,"events.dead-letters/2/42"
)~");
    CHECK(
        seen(listing_of({letter(41), invalid_letter(42)}), Format::csv, true) ==
        R"~(position,original,settled,reason,error_code,type,app,account,event,since,attempts,replays
"events.dead-letters/2/41","events/3/4711",false,rejected,"400","account.opted-out.v1","tv","anna","e-1",2026-01-31T07:05:07.042Z,2,0
"events.dead-letters/2/42","events/3/4711",false,invalid,"not_json","unknown","","","",2026-01-31T09:05:07.042Z,0,1
)~");
}

TEST_CASE("list: text from outside cannot colour a terminal, end a line, or become a formula") {
    for (const Format format : {Format::table, Format::json, Format::csv}) {
        for (const bool each : {false, true}) {
            const std::string text = seen(listing_of({evil()}), format, each);
            for (const char* harmful : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\xff", "\n\xc2", ",\"=1"}) {
                CHECK_MESSAGE(text.find(harmful) == std::string::npos, text);
            }
        }
    }
    const std::string csv = seen(listing_of({evil()}), Format::csv, false);
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 2);
    CHECK(csv.find(R"("'=1+""1""\u001b[2J\n)") != std::string::npos);
    // Pasted into a shell, a signature is one word.
    CHECK(
        seen(listing_of({evil()}), Format::table, false).find(R"(--group 'rejected/=1+"1")") !=
        std::string::npos);
}

TEST_CASE("ages are told in the two largest units that matter") {
    struct Row {
        common::Duration age;
        const char* text;
    };
    const Row rows[] = {
        {0s, "0 s"}, {59s, "59 s"}, {60s, "1 min"}, {3599s, "59 min"}, {1h, "1 h 0 min"}, {49h, "2 d 1 h"},
    };
    for (const Row& row : rows) {
        CHECK(app::dead_letters::age_text(row.age) == row.text);
    }
}
