#include <doctest/doctest.h>

#include <functional>

#include "tests/unit/sim_people/scene.hpp"

using namespace sim_test;
using sim::Leftover;

namespace {

// Alice opted out 5 s after the start of a story; her value was "v1".
struct Story : Home {
    Story() {
        CHECK(store("phone", "v1") == sim::StoreResult::stored);
        pass(5s);
        demand = {.account = "alice", .shop = tv, .since = now.steady, .gone = {"v1"}, .closed = true};
        pass(1s);
    }
    sim::Demand demand;

    // Kinds by device.
    [[nodiscard]] std::map<std::string, Leftover> found() const {
        std::map<std::string, Leftover> kinds;
        for (const sim::Finding& finding : sim::leftovers(people, apple.ledger(), {demand})) {
            kinds.emplace(finding.device, finding.kind);
        }
        return kinds;
    }
};

const std::string_view everywhere[] = {"laptop", "phone", "television"};

}  // namespace

TEST_CASE("the end state: what is left on devices is found and named") {
    struct Row {
        const char* because;
        std::function<void(Story&)> happens;
        std::optional<Leftover> want;  // none: nothing is left
    };
    const Row rows[] = {
        {"the delete was executed", [](Story& story) { CHECK(story.status(story.erase("v1")) == 204); },
         std::nullopt},
        {"nothing was done", [](Story&) {}, Leftover::not_executed},
        {"the call was refused",
         [](Story& story) {
             story.apple.script({{.kind = sim::FaultKind::refuse_credential}});
             CHECK(story.status(story.erase("v1")) == 401);
         },
         Leftover::not_executed},
        {"a device stored the same value again after the delete",
         [](Story& story) {
             CHECK(story.status(story.erase("v1")) == 204);
             story.pass(1s);
             CHECK(story.store("phone", "v1") == sim::StoreResult::stored);
         },
         Leftover::deleted_too_early},
        {"a device had removed it and the delete found nothing, then it came back",
         [](Story& story) {
             story.people.delete_token("phone", tv, story.now.steady);
             CHECK(story.status(story.erase("v1")) == 404);
             story.pass(1s);
             CHECK(story.store("phone", "v1") == sim::StoreResult::stored);
         },
         Leftover::deleted_too_early},
        {"a device stored a value that nobody was told of",
         [](Story& story) {
             CHECK(story.status(story.erase("v1")) == 204);
             CHECK(story.store("phone", "v2") == sim::StoreResult::stored);
         },
         Leftover::stored_after_events},
        {"an old update landed late",
         [](Story& story) { CHECK(story.status(story.update("v1", "v0")) == 204); },
         Leftover::written_by_update},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Story story;
            row.happens(story);
            const auto found = story.found();
            CHECK(found.size() == (row.want ? std::size(everywhere) : 0));
            for (const auto& [device, kind] : found) {
                CHECK(kind == *row.want);
            }
        }
    }
}

TEST_CASE("a value that was there before the last event, which did not name it, broke the contract") {
    Home home;
    CHECK(home.store("phone", "v2") == sim::StoreResult::stored);
    home.pass(1s);
    const sim::Demand demand{
        .account = "alice", .shop = tv, .since = home.now.steady, .gone = {"v1"}, .closed = true};
    const auto findings = sim::leftovers(home.people, home.apple.ledger(), {demand});
    REQUIRE(findings.size() == 3);
    CHECK(findings.front().kind == Leftover::never_named);
}

TEST_CASE("a value that had to go is wrong on every account, a new one after a password change is right") {
    Story story;
    story.demand.closed = false;  // the password was changed, "v3" replaces the values
    story.apple.store().put(tv, "bob", "v1");
    CHECK(story.status(story.update("v1", "v3")) == 204);
    CHECK(story.found().empty());
    story.apple.store().put(tv, "bob", "v1");
    CHECK_MESSAGE(story.found().empty(), "no device is signed in to bob, and alice has a value");
    story.people.add_device({.name = "bobs-phone", .account = "bob"});
    CHECK(story.found().size() == 1);
}

TEST_CASE("a television is judged by the account that it reads") {
    Story story;
    CHECK(story.status(story.erase("v1")) == 204);
    story.apple.store().put(tv, "bob", "bobs");
    CHECK_MESSAGE(story.found().empty(), "bob may have a value, on alice's television too");
    story.people.add_device(
        {.name = "bobs-tv", .platform = sim::Platform::tvos, .account = "bob", .default_account = "alice"});
    story.apple.store().remove(tv, "bob");
    story.apple.store().put(tv, "alice", "v1");
    CHECK(story.found().contains("bobs-tv"));
}

TEST_CASE("a finding is told without its value") {
    const std::string value(40, 'x');
    const sim::Finding finding{Leftover::deleted_too_early, "phone", "alice", tv, value};
    const std::string text = sim::finding_text(finding);
    CHECK(text == "phone (alice) holds xxxxxxxxxxxx... for com.example.tv: deleted too early");
}
