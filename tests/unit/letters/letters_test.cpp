// Dead letters read back, chosen, grouped, and sent again.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "worker/core/letters/doubts.hpp"
#include "worker/core/letters/resend.hpp"
#include "worker/core/letters/selection.hpp"
#include "worker/core/letters/signature.hpp"

namespace {

using namespace std::chrono_literals;
using core::DeadLetterReason;
using core::Letter;

const core::TopicPartition letters{"events.dead-letters", 2};
const common::WallTime failed_at{std::chrono::milliseconds{1'769'850'307'042}};

core::DecodeRules rules() {
    core::DecodeRules rules;
    rules.apps = {{"tv", core::AppId{1}}};
    return rules;
}

core::Record original() {
    core::Record record;
    record.offset = core::Offset{4711};
    record.key = "anna";
    record.value =
        R"({"specversion":"1.0","id":"e-1","source":"/accounts","type":"account.opted-out.v1","subject":"anna",)"
        R"("time":"2026-01-02T03:04:05Z","datacontenttype":"application/json",)"
        R"("data":{"app":"tv","sign_in_tokens":[{"value":"t-0"},{"value":"t-1"}]}})";
    record.headers = {{"content-type", "application/cloudevents+json"}, {"x-trace", std::nullopt}};
    record.timestamp = failed_at - 1h;
    return record;
}

core::DeadLetterFacts facts() {
    core::DeadLetterFacts facts;
    facts.from = {"events", 3};
    facts.reason = DeadLetterReason::rejected;
    facts.error_code = "400";
    facts.http_status = 400;
    facts.attempts = 2;
    facts.commands = {1};
    facts.first_failed = failed_at - 1min;
    facts.last_failed = failed_at;
    facts.consumer_group = "autosignin-worker";
    facts.worker_version = "0.1.0";
    return facts;
}

// As it is read back from the dead-letter topic.
core::Record stored(const core::Record& record, core::DeadLetterFacts facts) {
    facts.lineage = core::lineage_of(record.headers);
    core::OutgoingRecord letter = core::dead_letter(record, letters.topic, facts);
    core::Record found;
    found.offset = core::Offset{41};
    found.key = letter.key;
    found.value = letter.value;
    found.headers = letter.headers;
    found.timestamp = failed_at;
    return found;
}

Letter letter(const std::function<void(core::DeadLetterFacts&)>& change = {}) {
    core::DeadLetterFacts with = facts();
    if (change) {
        change(with);
    }
    auto read = core::read_letter(letters, stored(original(), with), rules());
    REQUIRE(std::holds_alternative<Letter>(read));
    return std::get<Letter>(read);
}

}  // namespace

TEST_CASE("letters: what the worker wrote is read back") {
    const Letter found = letter();
    CHECK(found.place == core::Position{letters, core::Offset{41}});
    CHECK(found.original == core::Position{{"events", 3}, core::Offset{4711}});
    CHECK(found.reason == DeadLetterReason::rejected);
    CHECK(found.error_code == "400");
    CHECK(found.http_status == 400);
    CHECK(found.attempts == 2);
    CHECK(found.commands == std::vector<std::size_t>{1});
    CHECK(found.first_failed == failed_at - 1min);
    CHECK(found.last_failed == failed_at);
    CHECK(found.consumer_group == "autosignin-worker");
    CHECK(found.worker_version == "0.1.0");
    CHECK(found.replays == 0);
    CHECK(found.envelope.id == "e-1");
    CHECK(found.envelope.subject == "anna");
    CHECK(found.app == "tv");
    CHECK(found.since == found.envelope.time);
}

TEST_CASE("letters: an event that cannot be read is owed since its record's time") {
    core::Record broken = original();
    broken.value = "{";
    core::DeadLetterFacts with = facts();
    with.reason = DeadLetterReason::invalid;
    with.error_code = "not_json";
    const auto read = core::read_letter(letters, stored(broken, with), rules());
    REQUIRE(std::holds_alternative<Letter>(read));
    CHECK(std::get<Letter>(read).since == broken.timestamp);
    CHECK(std::get<Letter>(read).app.empty());
    CHECK(core::type_word(std::get<Letter>(read)) == "unknown");
}

// One malformed event with an old `time` woke people for somebody who was "signed in for 69 days".
TEST_CASE("letters: the time of an event counts only if the event was believed") {
    const auto read = [](const std::string& value, DeadLetterReason reason) {
        core::Record record = original();
        record.value = value;
        core::DeadLetterFacts with = facts();
        with.reason = reason;
        return std::get<Letter>(core::read_letter(letters, stored(record, with), rules()));
    };
    const std::string good = original().value.value();
    std::string of_another_app = good;
    of_another_app.replace(of_another_app.find("\"tv\""), 4, "\"no\"");
    const Letter invalid = read(of_another_app, DeadLetterReason::invalid);
    REQUIRE(invalid.envelope.time.has_value());
    CHECK(*invalid.envelope.time < original().timestamp);
    CHECK(invalid.since == original().timestamp);
    // As a notification that is not Apple's.
    CHECK(read(good, DeadLetterReason::invalid).since == original().timestamp);
    // Its app was in the configuration when it failed.
    const Letter rejected = read(of_another_app, DeadLetterReason::rejected);
    CHECK(rejected.since == rejected.envelope.time);
}

// Ages are differences of times, and one of these overflowed.
TEST_CASE("letters: a timestamp that no clock can have shown is not believed") {
    for (const char* impossible :
         {"-9223372036854775808", "9223372036854775807", "0", "-1", "253402300800000", "1e3"}) {
        CAPTURE(std::string{impossible});
        core::Record record = original();
        record.value = "{";
        record = stored(record, facts());
        std::erase_if(record.headers, [](const core::Header& header) {
            return header.name == "dlq.original.timestamp";
        });
        record.headers.push_back({"dlq.original.timestamp", impossible});
        const auto read = core::read_letter(letters, record, rules());
        REQUIRE(std::holds_alternative<Letter>(read));
        CHECK(std::get<Letter>(read).since == record.timestamp);
    }
}

// A newer version's reason, or damage, once made a letter none of ours: nobody counted it, and no errand
// could take it.
TEST_CASE("letters: what has a reason is owed, also when it is not understood") {
    const struct {
        const char* name;
        std::optional<std::string> value;
        const char* blamed;
    } rows[]{
        {"dlq.reason", "nonsense", "dlq.reason"},
        {"dlq.original.topic", "", "dlq.original.topic"},
        {"dlq.original.partition", "-1", "dlq.original.topic"},
        {"dlq.original.partition", "x", "dlq.original.topic"},
        {"dlq.original.offset", "99999999999999999999", "dlq.original.topic"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        core::Record record = stored(original(), facts());
        std::erase_if(record.headers, [&](const core::Header& header) { return header.name == row.name; });
        record.headers.push_back({row.name, row.value});
        const auto read = core::read_letter(letters, record, rules());
        REQUIRE(std::holds_alternative<core::Letter>(read));
        const auto& letter = std::get<core::Letter>(read);
        CHECK_FALSE(letter.reason);
        CHECK(letter.problem.find(row.blamed) != std::string::npos);
        CHECK(letter.place.offset == core::Offset{41});
        CHECK(core::text_of(core::signature_of(letter)).starts_with("unknown/"));
        CHECK(core::selects({}, letter));
        core::Selection by_reason;
        by_reason.reasons = {core::dead_letter_reasons.begin(), core::dead_letter_reasons.end()};
        CHECK_FALSE(core::selects(by_reason, letter));
        CHECK(
            core::unsendable(letter, {{letter.original.partition.topic}, 5}) ==
            core::Unsendable::not_understood);
    }
}

TEST_CASE("letters: what has no reason is no dead letter") {
    for (const bool without_value : {false, true}) {
        core::Record record = stored(original(), facts());
        std::erase_if(record.headers, [](const core::Header& header) { return header.name == "dlq.reason"; });
        if (without_value) {
            record.headers.push_back({"dlq.reason", std::nullopt});
        }
        const auto read = core::read_letter(letters, record, rules());
        REQUIRE(std::holds_alternative<core::NotALetter>(read));
        CHECK(std::get<core::NotALetter>(read).why.find("dlq.reason") != std::string::npos);
        CHECK(std::get<core::NotALetter>(read).place.offset == core::Offset{41});
    }
}

TEST_CASE("letters: every filter takes what it names and leaves the rest") {
    struct Row {
        core::Selection selection;
        bool selected;
        std::string words;
    };
    const auto with = [](auto set) {
        core::Selection selection;
        set(selection);
        return selection;
    };
    using S = core::Selection;
    const std::vector<Row> rows{
        {{}, true, "everything"},
        {with([](S& s) {
             s.reasons = {DeadLetterReason::invalid, DeadLetterReason::rejected};
         }),
         true, "reason=invalid,rejected"},
        {with([](S& s) { s.reasons = {DeadLetterReason::exhausted}; }), false, "reason=exhausted"},
        {with([](S& s) { s.codes = {"400"}; }), true, "code=400"},
        {with([](S& s) { s.codes = {"40"}; }), false, "code=40"},
        {with([](S& s) { s.types = {"account.opted-out.v1"}; }), true, "type=account.opted-out.v1"},
        {with([](S& s) { s.types = {"unknown"}; }), false, "type=unknown"},
        {with([](S& s) { s.apps = {"tv"}; }), true, "app=tv"},
        {with([](S& s) { s.apps = {"radio"}; }), false, "app=radio"},
        {with([](S& s) { s.accounts = {"anna"}; }), true, "account=anna"},
        {with([](S& s) { s.accounts = {"bert"}; }), false, "account=bert"},
        {with([](S& s) { s.topics = {"events"}; }), true, "topic=events"},
        {with([](S& s) { s.topics = {"events.dead-letters"}; }), false, "topic=events.dead-letters"},
        {with([](S& s) { s.events = {"e-1"}; }), true, "event=e-1"},
        {with([](S& s) { s.events = {"e-2"}; }), false, "event=e-2"},
        {with([](S& s) { s.since = failed_at; }), true, "since=2026-01-31T09:05:07.042Z"},
        {with([](S& s) { s.since = failed_at + 1ms; }), false, "since=2026-01-31T09:05:07.043Z"},
        {with([](S& s) { s.until = failed_at; }), false, "until=2026-01-31T09:05:07.042Z"},
        {with([](S& s) { s.until = failed_at + 1ms; }), true, "until=2026-01-31T09:05:07.043Z"},
        {with([](S& s) { s.partitions = {2}; }), true, "partition=2"},
        {with([](S& s) { s.partitions = {3}; }), false, "partition=3"},
        {with([](S& s) {
             s.offsets = {40, 41};
         }),
         true, "offset=40,41"},
        {with([](S& s) { s.offsets = {4711}; }), false, "offset=4711"},
        {with([](S& s) { s.replayed = false; }), true, "replayed=no"},
        {with([](S& s) { s.replayed = true; }), false, "replayed=yes"},
        {with([](S& s) { s.groups = {"rejected/400/account.opted-out.v1/tv/events"}; }), true,
         "group=rejected/400/account.opted-out.v1/tv/events"},
        {with([](S& s) { s.groups = {"rejected/422/account.opted-out.v1/tv/events"}; }), false,
         "group=rejected/422/account.opted-out.v1/tv/events"},
        {with([](S& s) {
             s.reasons = {DeadLetterReason::rejected};
             s.apps = {"radio"};
         }),
         false, "reason=rejected app=radio"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words);
        CHECK(core::selects(row.selection, letter()) == row.selected);
        CHECK(core::text_of(row.selection) == row.words);
        CHECK(core::selects_everything(row.selection) == (std::string{row.words} == "everything"));
        CHECK(core::flags_of(row.selection).empty() == core::selects_everything(row.selection));
    }
    CHECK(core::flags_of(rows.back().selection) == "--reason rejected --app radio");
    CHECK(core::flags_of(with([](S& s) { s.replayed = false; })) == "--never-replayed");
}

// An unknown app's letters all were of app "-", and no filter found one.
TEST_CASE("letters: names that the worker does not know are read from the event, and found by filters") {
    struct Row {
        const char* because;
        std::string value;
        core::Headers headers;
        std::string type;
        std::string app;
    };
    const core::Header structured{"content-type", "application/cloudevents+json"};
    const std::string long_name(70, 'x');
    const Row rows[] = {
        {"both", R"({"type":"a.moved","data":{"app":"raydio"}})", {structured}, "a.moved", "raydio"},
        {"in binary mode",
         R"({"app":"raydio"})",
         {{"ce_id", "e"}, {"Ce_Type", "a.moved"}},
         "a.moved",
         "raydio"},
        {"none", R"({"data":{}})", {structured}, "unknown", ""},
        {"no names", R"({"type":7,"data":{"app":["x"]}})", {structured}, "unknown", ""},
        {"elsewhere", R"({"app":"x","data":{"type":"y"}})", {structured}, "unknown", ""},
        {"not JSON", "{", {structured}, "unknown", ""},
        {"a known type",
         R"({"type":"account.deleted.v1","data":{"app":"raydio"}})",
         {structured},
         "account.deleted.v1",
         "raydio"},
        {"too long",
         R"({"data":{"app":")" + long_name + R"("}})",
         {structured},
         "unknown",
         long_name.substr(0, 64)},
        {"what a terminal obeys",
         R"({"data":{"app":"a\u001b[2J\n\u009b\u00e9"}})",
         {structured},
         "unknown",
         "a?[2J??\xc3\xa9"},
        {"bytes that are no text", "{}", {{"ce_type", "a\xff\x7f"}}, "a??", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        core::Record record = stored(original(), facts());
        record.value = row.value;
        std::erase_if(
            record.headers, [](const core::Header& header) { return header.name == "content-type"; });
        record.headers.insert(record.headers.end(), row.headers.begin(), row.headers.end());
        const auto found = std::get<Letter>(core::read_letter(letters, record, rules()));
        CHECK(core::type_word(found) == row.type);
        CHECK(core::app_word(found) == row.app);
        core::Selection by_name;
        by_name.types = {row.type};
        by_name.apps = {row.app};
        CHECK(core::selects(by_name, found));
        by_name.types = {"unknown"};
        CHECK(core::selects(by_name, found) == !found.envelope.type);
    }
}

TEST_CASE("letters: a filter that a slip of the pen made is told from one that finds nothing") {
    const core::KnownNames known{{"radio", "tv"}, {"events"}, {"400", "unknown_app", "bad_signature"}, 3, 42};
    Letter stranger = letter();
    stranger.app.clear();
    stranger.envelope.type.reset();
    stranger.given = {"a.moved", "raydio"};
    stranger.original.partition.topic = "old-events";
    stranger.error_code = "of-a-newer-version";
    using S = core::Selection;
    struct Row {
        const char* because;
        std::function<void(S&)> set;
        const char* contradiction;  // empty: none
        const char* doubt;
    };
    const Row rows[] = {
        {"nothing", [](S&) {}, "", ""},
        {"what is known",
         [](S& s) {
             s.apps = {"tv"};
             s.topics = {"events"};
             s.types = {"account.deleted.v1", "unknown"};
             s.codes = {"400", "unknown_app", "bad_signature"};
             s.groups = {"rejected/400/account.opted-out.v1/tv/events"};
             s.partitions = {2};
             s.offsets = {41};
         },
         "", ""},
        {"what letters say",
         [](S& s) {
             s.apps = {"raydio"};
             s.topics = {"old-events"};
             s.types = {"a.moved"};
             s.codes = {"of-a-newer-version"};
         },
         "", ""},
        {"an app",
         [](S& s) {
             s.apps = {"tv", "tvv"};
         },
         "", "--app tvv: no dead letter here says so, and configured are radio, tv"},
        {"a topic", [](S& s) { s.topics = {"events.dead-letters"}; }, "", "the worker reads events"},
        {"a type", [](S& s) { s.types = {"account.deleted"}; }, "", "account.deleted.v1"},
        {"a code", [](S& s) { s.codes = {"40"}; }, "", "no such error code"},
        {"a group", [](S& s) { s.groups = {"rejected 400"}; }, "", "REASON/CODE/TYPE/APP/TOPIC"},
        {"a partition", [](S& s) { s.partitions = {3}; },
         "--partition 3: the dead-letter topics have the partitions 0 to 2", ""},
        {"a negative one", [](S& s) { s.partitions = {-1}; }, "--partition -1", ""},
        {"an offset", [](S& s) { s.offsets = {42}; }, "--offset 42: the last one of all partitions is 41",
         ""},
        {"an empty time",
         [](S& s) {
             s.since = failed_at;
             s.until = failed_at;
         },
         "--since is not before --until", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        S selection;
        row.set(selection);
        const auto is = [](const std::vector<std::string>& all, const char* want) {
            CAPTURE(all);
            CHECK(all.size() == (*want == '\0' ? 0 : 1));
            CHECK((all.empty() || all.front().find(want) != std::string::npos));
        };
        is(core::contradictions(selection, known), row.contradiction);
        core::Doubts doubts{selection, known};
        doubts.saw(letter());
        // Also when another filter leaves this one out: the name is no slip.
        doubts.saw(stranger);
        is(doubts.sentences(), row.doubt);
    }
}

TEST_CASE("letters: groups count, and remember the oldest as an example") {
    core::Groups groups;
    Letter one = letter();
    Letter two = letter();
    two.place.offset = core::Offset{42};
    two.since = one.since - 1h;
    two.last_failed = failed_at - 2h;
    two.replays = 1;
    Letter other = letter();
    other.error_code = "422";
    groups.add(one);
    groups.add(other);
    groups.add(two);
    const auto rows = groups.rows();
    REQUIRE(rows.size() == 2);
    CHECK(core::text_of(rows[0].signature) == "rejected/400/account.opted-out.v1/tv/events");
    CHECK(rows[0].group.count == 2);
    CHECK(rows[0].group.replayed == 1);
    CHECK(rows[0].group.oldest_since == two.since);
    CHECK(rows[0].group.example == two.place);
    CHECK(rows[0].group.first_failed == failed_at - 2h);
    CHECK(rows[0].group.last_failed == failed_at);
    CHECK(rows[1].group.count == 1);
    other.app.clear();
    CHECK(core::text_of(core::signature_of(other)) == "rejected/422/account.opted-out.v1/-/events");
}

TEST_CASE("letters: a letter goes back as it came, with its lineage and to its own topic") {
    const core::Record record = stored(original(), facts());
    const core::OutgoingRecord again = core::resend(letter(), record);
    CHECK(again.topic == "events");
    CHECK(again.partition == 3);
    CHECK(again.key == original().key);
    CHECK(again.value == original().value);
    CHECK_FALSE(again.timestamp);
    const core::Headers expected{
        {"content-type", "application/cloudevents+json"},
        {"x-trace", std::nullopt},
        {"dlq.replay.count", "1"},
        {"dlq.replay.of", "events.dead-letters/2/41"},
        {"dlq.replay.origin", "events/3/4711"},
        {"dlq.owed.since", "2026-01-02T03:04:05.000Z"},
        {"dlq.commands", "1"}};
    CHECK(again.headers == expected);
    const core::Lineage lineage = core::lineage_of(again.headers);
    CHECK(lineage.replays == 1);
    CHECK(lineage.commands == std::vector<std::size_t>{1});
}

// A replay is a new record with a new time; the obligation is as old as it was.
TEST_CASE("letters: an event that cannot be read does not grow younger by being replayed") {
    core::Record broken = original();
    broken.value = "{";
    core::DeadLetterFacts with = facts();
    with.reason = DeadLetterReason::invalid;
    const core::Record first = stored(broken, with);
    const auto letter_of = [](const core::Record& record) {
        return std::get<Letter>(core::read_letter(letters, record, rules()));
    };
    const core::OutgoingRecord again = core::resend(letter_of(first), first);
    core::Record replayed = broken;
    replayed.headers = again.headers;
    replayed.offset = core::Offset{9000};
    replayed.timestamp = failed_at + 48h;
    const Letter second = letter_of(stored(replayed, with));
    CHECK(second.since == broken.timestamp);
    CHECK(second.replays == 1);
    CHECK(second.replay_of == "events.dead-letters/2/41");
    // Nor does anybody lose sight of the record that it all began with.
    CHECK(second.original.offset == replayed.offset);
    CHECK(second.origin == "events/3/4711");
}

TEST_CASE("letters: what may not go back says why") {
    const core::ResendRules rules{{"events"}, 5};
    CHECK_FALSE(core::unsendable(letter(), rules));
    Letter often = letter();
    often.replays = 4;
    CHECK_FALSE(core::unsendable(often, rules));
    often.replays = 5;
    CHECK(core::unsendable(often, rules) == core::Unsendable::too_often);
    CHECK(
        core::unsendable(letter([](auto& facts) { facts.omit_value = true; }), rules) ==
        core::Unsendable::value_omitted);
    Letter keyless = letter();
    keyless.key_omitted = true;
    CHECK(core::unsendable(keyless, rules) == core::Unsendable::key_omitted);
    CHECK(core::unsendable(letter(), {{"other"}, 5}) == core::Unsendable::foreign_topic);
    const std::int32_t partition = letter().original.partition.partition;
    CHECK(
        core::unsendable(letter(), {{"events"}, 5, {{"events", partition}}}) ==
        core::Unsendable::no_partition);
    CHECK_FALSE(core::unsendable(letter(), {{"events"}, 5, {{"events", partition + 1}}}));
    for (const auto why :
         {core::Unsendable::value_omitted, core::Unsendable::key_omitted, core::Unsendable::too_often,
          core::Unsendable::foreign_topic, core::Unsendable::no_partition,
          core::Unsendable::not_understood}) {
        CHECK_FALSE(core::remedy(why).empty());
        CHECK_FALSE(core::name_of(why).empty());
    }
}
