#include "worker/adapters/admin/status_page.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <array>
#include <string>
#include <vector>

#include "worker/adapters/admin/html.hpp"
#include "worker/adapters/admin/page_style.hpp"
#include "worker/adapters/admin/picture.hpp"

using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

core::PartitionStatus partition(std::int32_t number) {
    core::PartitionStatus one;
    one.partition = {"events", number};
    return one;
}

// One partition, nothing to do.
core::Status idle() {
    core::Status status;
    status.partitions.push_back(partition(0));
    return status;
}

// Everything is known, and nothing owed.
admin::Scene scene() {
    admin::Scene all;
    all.version = "1.2.3";
    all.now = common::WallTime{std::chrono::milliseconds{1767323045000}};  // 2026-01-02 03:04:05
    all.around.brokers = admin::Brokers::answer;
    all.around.letters = admin::Letters{{{"invalid", 0}, {"rejected", 0}}, std::nullopt, 2};
    return all;
}

void waits(core::Status& status, core::Wait wait, common::Duration span) {
    status.oldest_by_wait.at(static_cast<std::size_t>(wait)) = span;
    status.oldest_unexecuted = std::max(status.oldest_unexecuted, std::optional{span});
}

// The answer's paragraph, without its tags.
std::string answer(const std::string& page) {
    const std::size_t from = page.find("<p class=\"answer");
    const std::size_t text = page.find('>', from) + 1;
    return page.substr(text, page.find("</p>", text) - text);
}

}  // namespace

TEST_CASE("the answer to the page's question") {
    struct Row {
        const char* because;
        void (*change)(core::Status&, admin::Scene&);
        const char* answer;
        const char* sentence;
    };
    const Row rows[] = {
        {"nothing is owed", [](core::Status&, admin::Scene&) {}, "No, as far as this worker knows",
         "none of the dead letters that it watches is open"},
        {"an event is on its way",
         [](core::Status& status, admin::Scene&) { waits(status, core::Wait::in_flight, 300ms); },
         "Work is under way, nobody waits for long: 0.3 s, since 2026-01-02 03:04:04 UTC",
         "it was sent to Apple, which has not answered yet"},
        {"an event is late, and why",
         [](core::Status& status, admin::Scene&) {
             waits(status, core::Wait::queued, 2s);
             waits(status, core::Wait::held, 12min + 3s);
         },
         "Somebody may be: 12 min 3 s, since 2026-01-02 02:52:02 UTC",
         "An event from 12 min 3 s ago is received and not executed: it is held behind a closed gate or "
         "breaker."},
        {"a dead letter is open, however young",
         [](core::Status&, admin::Scene& all) {
             all.around.letters->open[1].second = 1;
             all.around.letters->oldest = 20s;
         },
         "Somebody may be: 20 s, since", "1 dead letter is open, the oldest from an event 20 s ago"},
        {"letters are older than what waits",
         [](core::Status& status, admin::Scene& all) {
             waits(status, core::Wait::retrying, 70s);
             all.around.letters->open[0].second = 3;
             all.around.letters->oldest = 50h;
         },
         "Somebody may be: 2 d 2 h, since", "3 dead letters are open"},
        {"letters are not known", [](core::Status&, admin::Scene& all) { all.around.letters.reset(); },
         "Not known", "Open dead letters are not known"},
        {"letters are watched by another worker",
         [](core::Status&, admin::Scene& all) { all.around.letters->watched = 0; }, "Not known",
         "this worker watches no partition of theirs"},
        {"letters are not watched at all",
         [](core::Status&, admin::Scene& all) {
             all.around.letters.reset();
             all.around.letters_watched = false;
         },
         "Not known", "dead_letters.watch is false"},
        {"brokers are away",
         [](core::Status&, admin::Scene& all) { all.around.brokers = admin::Brokers::away; }, "Not known",
         "No broker answers"},
        {"brokers were not reached yet",
         [](core::Status&, admin::Scene& all) { all.around.brokers = admin::Brokers::not_yet; }, "Not known",
         "No broker was reached yet"},
        {"brokers are away, and something is late all the same",
         [](core::Status& status, admin::Scene& all) {
             waits(status, core::Wait::held, 2min);
             all.around.brokers = admin::Brokers::away;
         },
         "Somebody may be: 2 min 0 s, since", "No broker answers"},
        {"a partition is held",
         [](core::Status&, admin::Scene& all) {
             all.around.held = {{"events", 7}};
         },
         "Not known", "events[7] is not read: its committed offset is gone"},
        {"a partition is refused",
         [](core::Status&, admin::Scene& all) {
             all.around.refused = {{"events", 2}};
         },
         "Not known", "events[2] is not read: the brokers refuse it"},
        {"no partition", [](core::Status& status, admin::Scene&) { status.partitions.clear(); }, "Not known",
         "This worker has no partition"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.because);
        core::Status status = idle();
        admin::Scene all = scene();
        row.change(status, all);
        const std::string page = admin::status_page(status, all);
        CHECK(answer(page).starts_with(row.answer));
        CHECK(contains(page, row.sentence));
    }
}

TEST_CASE("what is not known is never a number") {
    core::Status status = idle();
    admin::Scene all = scene();
    CHECK(contains(
        admin::status_page(status, all),
        "<th scope=\"row\">lies in a dead-letter topic and is owed</th><td>none</td>"));
    all.around.letters.reset();
    const std::string page = admin::status_page(status, all);
    CHECK(contains(
        page,
        "<th scope=\"row\">lies in a dead-letter topic and is owed</th><td><span class=\"state unknown\">not "
        "known</span>"));
    CHECK(contains(
        page,
        "events[0]</th><td><span class=\"state good\">read</span></td><td><span class=\"state unknown\">not "
        "known"));
    all.lags = {{{"events", 0}, 17}};
    CHECK(
        contains(admin::status_page(status, all), "<span class=\"state good\">read</span></td><td>17</td>"));
}

TEST_CASE("gates, breakers, flights and standing still are told in words") {
    core::Status status = idle();
    core::GateStatus gate;
    gate.credential = "tv";
    status.gates.push_back(gate);
    status.breakers.emplace_back();
    const std::string well = admin::status_page(status, scene());
    CHECK(contains(well, "<span class=\"state good\">open</span>"));
    CHECK(contains(well, "1 breaker is closed"));
    CHECK_FALSE(contains(well, "class=\"state bad\""));

    status.gates[0].state = core::GateState::closed;
    status.gates[0].reason = core::GateReason::credential_refused;
    status.gates[0].closed_for = 90s;
    status.gates[0].reopens_in = 4s;
    status.gates[0].lanes_waiting = 11;
    status.breakers[0].credential = "tv";
    status.breakers[0].state = core::BreakerState::open;
    status.breakers[0].open_for = 5min;
    status.in_flight = 3;
    status.in_flight_max = 200;
    status.standstill = core::Standstill{.lasts = 130s, .partition = core::TopicPartition{"a<b", 4}};
    status.draining = true;
    admin::Scene all = scene();
    all.health = {true, "", false, "draining: no new records are taken"};
    const std::string page = admin::status_page(status, all);
    CHECK(contains(page, "<span class=\"state bad\">closed</span> credential_refused"));
    CHECK(contains(page, "A replaced .p8 file is tried within a second."));
    CHECK(contains(page, "1 min 30 s<br><small>since 2026-01-02 03:02:35 UTC</small></td>"));
    CHECK(contains(page, "11 accounts wait; next probe in 4.0 s"));
    CHECK(contains(page, "<span class=\"state bad\">open</span>"));
    CHECK(contains(page, "3 of 200"));
    CHECK(contains(page, "Work stands still: 2 min 10 s at a&lt;b/4."));
    CHECK(contains(
        page, "<span class=\"state bad\">not ready</span> draining: no new records are taken, draining"));
}

TEST_CASE("of many partitions those in trouble are shown, and how many more there are") {
    core::Status status;
    admin::Scene all = scene();
    for (std::int32_t number = 0; number < 300; ++number) {
        status.partitions.push_back(partition(number));
        all.lags.push_back({{"events", number}, number == 200 ? 1000 : 0});
    }
    status.partitions[250].paused = true;
    all.around.held = {{"events", 300}};
    all.around.refused = {{"events", 270}};
    const std::string page = admin::status_page(status, all);
    CHECK(count(page, "<th scope=\"row\">events[") == admin::partitions_shown);
    const std::size_t held = page.find("events[300]</th>");
    const std::size_t refused = page.find("events[270]</th>");
    const std::size_t paused = page.find("events[250]</th>");
    const std::size_t behind = page.find("events[200]</th>");
    CHECK(held < refused);
    CHECK(refused < paused);
    CHECK(paused < behind);
    CHECK(behind < page.find("events[0]</th>"));
    CHECK(contains(page, "And 251 more"));
    CHECK(page.size() < 64 * 1024);
}

TEST_CASE("names are text, never markup") {
    core::Status status;
    core::PartitionStatus one;
    one.partition = {"<script>alert('x')</script>", 0};
    status.partitions.push_back(one);
    core::GateStatus gate;
    gate.credential = "\"><img src=x onerror=y>&";
    gate.state = core::GateState::closed;
    status.gates.push_back(gate);
    core::BreakerStatus breaker;
    breaker.credential = gate.credential;
    breaker.state = core::BreakerState::open;
    status.breakers.push_back(breaker);
    status.endpoints.push_back({.name = "<b>", .capacity = 1});
    admin::Scene all = scene();
    all.version = "<i>";
    all.health = {false, "<u>", false, ""};
    all.around.held = {{"<s>", 1}};
    all.around.letters->open = {{"<em>", 1}};
    const std::string page = admin::status_page(status, all);
    for (const char* markup : {"<script", "<img", "<b>", "<i>", "<u>", "<s>", "<em>", " onerror=y>"}) {
        CHECK_FALSE_MESSAGE(contains(page, markup), markup);
    }
    CHECK(contains(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;[0]"));
    CHECK(contains(page, "&quot;&gt;&lt;img src=x onerror=y&gt;&amp;"));
}

TEST_CASE("the page is one whole and loads nothing") {
    const std::string page = admin::status_page(idle(), scene());
    CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    CHECK(count(page, "<main>") == 1);
    CHECK(count(page, "<h1>") == 1);
    for (const char* loading :
         {"<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "http:", "https:", " style="}) {
        CHECK_MESSAGE(count(page, loading) == 0, loading);
    }
}

TEST_CASE("the policy names the style that the page has") {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    REQUIRE(
        EVP_Digest(
            admin::page_style.data(), admin::page_style.size(), digest.data(), &size, EVP_sha256(),
            nullptr) == 1);
    std::array<unsigned char, 45> text{};
    EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    const std::string hash{reinterpret_cast<const char*>(text.data())};
    CHECK_MESSAGE(
        contains(std::string{admin::page_policy}, "style-src 'sha256-" + hash + "';"),
        "after a change of page_style: sha256-" << hash);
    CHECK(contains(
        admin::status_page(idle(), scene()), "<style>" + std::string{admin::page_style} + "</style>"));
}

TEST_CASE("a picture says its figures in words too") {
    using admin::Point;
    const common::Instant start{1h};
    CHECK(contains(admin::picture({"Events", "/s"}, {{start, 1}}), "No picture yet"));
    const std::string drawn =
        admin::picture({"Events", "/s"}, {{start, 0}, {start + 5s, 20}, {start + 20s, 5.25}});
    CHECK(contains(drawn, "<strong>Events</strong> lately 5.2/s, at most 20/s in the last 20 s"));
    CHECK(contains(drawn, "<polyline points=\"0.0,64.0 75.0,4.0 300.0,48.2\"/>"));
    CHECK(contains(drawn, "role=\"img\" aria-label=\"Events: lately 5.2/s"));
    CHECK(contains(
        admin::picture({.title = "Oldest", .seconds = true}, {{start, 7200}, {start + 5s, 0}}),
        "lately none, at most 2 h 0 min in the last 5.0 s"));
    CHECK(contains(admin::picture({"Flights"}, {{start, 1}, {start + 5s, 3}}), "lately 3, at most 3 in"));
    CHECK(contains(admin::picture({""}, {{start, 0}, {start, 0}}), "<polyline points=\"300.0,64.0"));
}

TEST_CASE("history is a quarter of an hour and no more, a point each five seconds") {
    admin::History history;
    common::Instant now{1h};
    CHECK(history.due(now));
    for (std::uint64_t step = 0; step < 500; ++step) {
        history.took({.at = now, .settled = step});
        CHECK_FALSE(history.due(now + 4999ms));
        now += 5s;
        CHECK(history.due(now));
    }
    REQUIRE(history.moments().size() == admin::History::moments_max);
    CHECK(history.moments().back().settled == 499);
    CHECK(history.moments().front().settled == 320);
}

TEST_CASE("spans and times are written as people write them") {
    struct Row {
        common::Duration span;
        const char* text;
    };
    for (const Row& row :
         {Row{-5s, "0.0 s"}, Row{300ms, "0.3 s"}, Row{45s, "45 s"}, Row{60s, "1 min 0 s"},
          Row{3h + 10min + 59s, "3 h 10 min"}, Row{52h, "2 d 4 h"}}) {
        CHECK(admin::span_text(row.span) == row.text);
    }
    CHECK(
        admin::time_text(common::WallTime{std::chrono::milliseconds{1767323045999}}) ==
        "2026-01-02 03:04:05 UTC");
    CHECK(admin::counted(1, "letter", "letters") == "1 letter");
    CHECK(admin::counted(0, "letter", "letters") == "0 letters");
}
