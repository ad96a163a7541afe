#include <doctest/doctest.h>

#include "tests/unit/sim_people/scene.hpp"

using namespace sim_test;
using sim::Authorization;
using sim::Held;
using sim::Platform;
using sim::SheetAnswer;
using sim::StoreResult;

TEST_CASE("prompting and storing exist on iOS, iPadOS and tvOS; reading and deleting everywhere") {
    struct Row {
        Platform platform;
        bool stores;
    };
    const Row rows[] = {
        {Platform::ios, true},    {Platform::ipados, true},    {Platform::tvos, true},
        {Platform::macos, false}, {Platform::visionos, false},
    };
    for (const Row& row : rows) {
        SUBCASE(std::string{sim::platform_name(row.platform)}.c_str()) {
            Home home;
            home.people.add_device({.name = "new", .platform = row.platform, .account = "alice"});
            const sim::Prompt prompt = home.people.request_authorization("new", tv, SheetAnswer::approve);
            CHECK(prompt.supported == row.stores);
            CHECK(prompt.context.has_value() == row.stores);
            CHECK(home.store("phone", "v1") == StoreResult::stored);
            CHECK(home.people.token("new", tv).value == "v1");
            home.people.delete_token("new", tv, home.now.steady);
            CHECK(home.people.token("phone", tv) == Held{});
        }
    }
}

TEST_CASE("what a prompt leaves on the account") {
    struct Row {
        const char* because;
        SheetAnswer answer;
        sim::Dismissal dismissal;
        Authorization want;
    };
    const Row rows[] = {
        {"approved", SheetAnswer::approve, sim::Dismissal::not_determined, Authorization::granted},
        {"dismissed, by the Swift pages", SheetAnswer::dismiss, sim::Dismissal::not_determined,
         Authorization::not_determined},
        {"dismissed, by the Objective-C page", SheetAnswer::dismiss, sim::Dismissal::denied,
         Authorization::denied},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Home home{{.dismissal = row.dismissal}};
            const sim::Prompt prompt = home.people.request_authorization("phone", tv, row.answer);
            CHECK(prompt.context.has_value() == (row.answer == SheetAnswer::approve));
            CHECK(home.people.token("laptop", tv) == Held{std::nullopt, row.want});
        }
    }
}

TEST_CASE("a context stores one value, on its device, for its app and account") {
    struct Row {
        const char* because;
        const char* device;
        sim::Shop shop;
        bool account_changed;
        StoreResult want;
    };
    const Row rows[] = {
        {"as it was given", "phone", tv, false, StoreResult::stored},
        {"on another device", "television", tv, false, StoreResult::no_context},
        {"on one that cannot store", "laptop", tv, false, StoreResult::unsupported},
        {"for another app", "phone", radio, false, StoreResult::no_context},
        {"in the other environment", "phone", tv_sandbox, false, StoreResult::no_context},
        {"signed in to another Apple Account", "phone", tv, true, StoreResult::no_context},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Home home;
            const auto context = home.people.request_authorization("phone", tv, SheetAnswer::approve).context;
            if (row.account_changed) {
                home.people.add_device({.name = "phone", .account = "bob"});
            }
            CHECK(
                home.people.update_token(row.device, row.shop, *context, "v1", home.now.steady) == row.want);
            CHECK_MESSAGE(
                home.people.update_token("phone", tv, *context, "v2", home.now.steady) ==
                    (row.want == StoreResult::unsupported ? StoreResult::stored : StoreResult::no_context),
                "it is used up, but where there is no such call");
        }
    }
}

TEST_CASE("a value is shared by the devices of its account, app and environment, and by nobody else") {
    Home home;
    CHECK(home.store("phone", "v1") == StoreResult::stored);
    CHECK(home.people.token("laptop", tv).value == "v1");
    CHECK(home.people.token("television", tv).value == "v1");
    CHECK(home.people.token("laptop", radio) == Held{});
    CHECK(home.people.token("laptop", tv_sandbox) == Held{});
    home.people.add_device({.name = "other", .account = "carol"});
    CHECK(home.people.token("other", tv) == Held{});
    home.people.add_device({.name = "other", .account = ""});
    CHECK_MESSAGE(home.people.token("other", tv) == Held{}, "signed out");
    CHECK_FALSE(home.people.request_authorization("other", tv, SheetAnswer::approve).supported);
}

TEST_CASE("a television without a value asks the system's default account, other devices do not") {
    Home home;
    home.apple.store().put(tv, "bob", "bobs");
    CHECK(home.people.token("television", tv).value == "bobs");
    CHECK(home.people.account_read("television", tv) == "bob");
    home.people.add_device(
        {.name = "tablet", .platform = Platform::ipados, .account = "alice", .default_account = "bob"});
    CHECK(home.people.token("tablet", tv) == Held{});
    CHECK(home.store("television", "own") == StoreResult::stored);
    CHECK_MESSAGE(home.apple.store().held(tv, "bob").value == "bobs", "stored on the account in use");
    CHECK(home.people.token("television", tv).value == "own");
}

TEST_CASE("a server's delete takes the value from every account that has it and asks everybody again") {
    Home home;
    CHECK(home.store("phone", "shared") == StoreResult::stored);
    home.apple.store().put(tv, "bob", "shared");
    CHECK(home.status(home.erase("shared")) == 204);
    CHECK(home.people.token("phone", tv) == Held{});
    CHECK(home.apple.store().held(tv, "bob") == Held{});
    CHECK(home.status(home.erase("shared")) == 404);
}

TEST_CASE("a server's update reaches every account and leaves the approval") {
    Home home;
    CHECK(home.store("phone", "old") == StoreResult::stored);
    CHECK(home.status(home.update("old", "new")) == 204);
    CHECK(home.people.token("laptop", tv) == Held{"new", Authorization::granted});
}

TEST_CASE("a device's delete leaves the same value on other accounts") {
    Home home;
    CHECK(home.store("phone", "shared") == StoreResult::stored);
    home.apple.store().put(tv, "bob", "shared");
    home.people.delete_token("phone", tv, home.now.steady);
    CHECK(home.people.token("phone", tv) == Held{});
    CHECK(home.apple.store().accounts_with(tv, "shared") == std::vector<std::string>{"bob"});
}

TEST_CASE("after a server's delete an older approval stores nothing, unless told so") {
    for (const bool survive : {false, true}) {
        CAPTURE(survive);
        Home home{{.contexts_survive_deletes = survive}};
        CHECK(home.store("phone", "v1") == StoreResult::stored);
        const auto context = home.people.request_authorization("phone", tv, SheetAnswer::approve).context;
        CHECK(home.status(home.erase("v1")) == 204);
        const StoreResult result = home.people.update_token("phone", tv, *context, "v2", home.now.steady);
        CHECK(result == (survive ? StoreResult::stored : StoreResult::no_context));
    }
}

TEST_CASE("an app reads after its delay, and a session stays whatever becomes of the value") {
    Home home{{.read_delay_min = 2s, .read_delay_max = 5s}};
    CHECK(home.store("phone", "v1") == StoreResult::stored);
    home.people.launch("laptop", tv, home.now.steady);
    const common::Duration delay = home.people.next_read() - home.now.steady;
    CHECK(delay >= 2s);
    CHECK(delay <= 5s);
    home.pass(delay - 1ms);
    CHECK(home.people.finish_reads(home.now.steady, everything_signs_in).empty());
    home.pass(1ms);
    const auto reads = home.people.finish_reads(home.now.steady, everything_signs_in);
    REQUIRE(reads.size() == 1);
    CHECK(reads.front().signed_in);
    CHECK(home.status(home.erase("v1")) == 204);
    CHECK(home.people.signed_in("laptop", tv));
    CHECK(home.people.sessions().front().value == "v1");
    home.people.end_session("laptop", tv);
    CHECK_FALSE(home.people.signed_in("laptop", tv));
}

TEST_CASE("a read sees what is there when it ends, not when the app started") {
    Home home{{.read_delay_min = 1s, .read_delay_max = 1s}};
    CHECK(home.store("phone", "v1") == StoreResult::stored);
    home.people.launch("laptop", tv, home.now.steady);
    CHECK(home.status(home.erase("v1")) == 204);
    home.pass(1s);
    CHECK_FALSE(home.people.finish_reads(home.now.steady, everything_signs_in).front().signed_in);
}

TEST_CASE("which values an app takes for a sign-in") {
    struct Row {
        const char* because;
        Held held;
        bool service_lets_in;
        bool want;
    };
    const Row rows[] = {
        {"granted and known", {"v1", Authorization::granted}, true, true},
        {"granted, but the service refuses it", {"v1", Authorization::granted}, false, false},
        {"not determined", {"v1", Authorization::not_determined}, true, false},
        {"denied", {"v1", Authorization::denied}, true, false},
        {"no value", {std::nullopt, Authorization::granted}, true, false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Home home;
            if (row.held.value) {
                home.apple.store().put(tv, "alice", *row.held.value);
            }
            home.apple.store().decide(tv, "alice", row.held.authorization);
            home.people.launch("phone", tv, home.now.steady);
            const auto reads = home.people.finish_reads(
                home.now.steady,
                [&](const sim::Shop& shop, std::string_view) { return shop == tv && row.service_lets_in; });
            CHECK(reads.front().seen == row.held);
            CHECK(reads.front().signed_in == row.want);
        }
    }
}
