#include <doctest/doctest.h>

#include "tests/unit/sim_identity/scene.hpp"
#include "worker/sim/apple/token.hpp"
#include "worker/sim/people/front_desk.hpp"

using namespace sim_test;

namespace {

struct Desk : Scene {
    sim::PlainTokens tokens{.active_keys = {}, .bundle_ids = {}, .times = {}};
    sim::Apple autosignin{std::ref(tokens), [](std::uint64_t) { return std::uint64_t{0}; }};
    sim::People people{autosignin.store(), [](std::uint64_t) { return std::uint64_t{0}; }};
    Desk() { people.add_device({.name = "phone", .account = "alice"}); }

    sim::Answer ask(const std::string& method, const std::string& path, const Fields& fields = {}) {
        sim::Request request;
        request.method = method;
        request.path = path;
        request.body = sim::form_text(fields);
        return sim::front_desk({autosignin, people, apple}, request, now);
    }
    // The result, or the error.
    Json act(const Fields& fields) {
        const sim::Answer answer = ask("POST", "/do", fields);
        const Json json = Json::parse(answer.body);
        return answer.status == 200 ? json.at("result") : json.at("error");
    }
    Json state() { return Json::parse(ask("GET", "/state").body); }
};

}  // namespace

TEST_CASE("people act at the front desk") {
    Desk desk;
    const Json signed_in = desk.act({{"action", "sign-in"}, {"account", "alice"}, {"client_id", app}});
    const std::string token = Json::parse(desk.exchange(signed_in.at("code")).body).at("refresh_token");
    CHECK(desk.act({{"action", "change-password"}, {"account", "alice"}}) == "changed");
    CHECK(outcome(desk.refresh(token)) == "400 invalid_grant");

    desk.apple.notices().set_address(app, "https://accounts.example.com/apple");
    CHECK(desk.act({{"action", "withdraw"}, {"account", "alice"}, {"group", app}}) == "withdrawn");
    const Json told = Json::parse(desk.ask("GET", "/notifications").body)["notifications"];
    REQUIRE(told.size() == 1);
    CHECK(told[0]["address"] == "https://accounts.example.com/apple");
    CHECK(Json::parse(told[0]["body"].get<std::string>()).contains("payload"));
    CHECK_MESSAGE(
        Json::parse(desk.ask("GET", "/notifications").body)["notifications"].empty(),
        "whoever asks takes them");

    const Json before = desk.state()["sign_in_with_apple"]["keys"];
    CHECK(desk.act({{"action", "rotate-keys"}}) != before);
    CHECK(desk.act({{"action", "seat"}, {"account", "bob"}}) == "seated");
    CHECK(desk.act({{"action", "delete-account"}, {"account", "bob"}}) == "deleted");
    CHECK(desk.apple.book().person("bob")->deleted);
}

TEST_CASE("devices act at the front desk, and the state shows what they hold without telling it") {
    Desk desk;
    const std::string value = "a-value-of-some-length";
    const Fields phone{{"device", "phone"}, {"app", app}};
    const auto with = [&](Fields fields) {
        fields.insert(fields.end(), phone.begin(), phone.end());
        return fields;
    };
    CHECK(desk.act(with({{"action", "store"}, {"value", value}})) == "stored");
    CHECK(desk.act(with({{"action", "launch"}})) == "launched");
    const Json state = desk.state();
    CHECK(state["values"][0]["value"] == sim::masked(value));
    CHECK(state["values"][0]["authorization"] == "granted");
    CHECK(state["devices"][0]["reads"][0]["signed_in"] == true);
    CHECK(state["app_sessions"][0]["value"] == sim::masked(value));
    CHECK(state.dump().find(value) == std::string::npos);
    CHECK(desk.act(with({{"action", "remove"}})) == "removed");
    CHECK(desk.state()["values"][0]["value"].is_null());
    CHECK_MESSAGE(desk.state()["app_sessions"].size() == 1, "an open session stays");
}

TEST_CASE("tokens of Sign in with Apple are masked in the state") {
    Desk desk;
    const std::string token = desk.refresh_token();
    const Json state = desk.state();
    CHECK(state["sign_in_with_apple"]["sessions"][0]["refresh_token"] == sim::masked(token));
    CHECK(state["sign_in_with_apple"]["sessions"][0]["state"] == "live");
    CHECK(state.dump().find(token) == std::string::npos);
}

TEST_CASE("masks: different values look different, short ones give nothing away") {
    CHECK(sim::masked("abcdefgh") != sim::masked("abcdefgi"));
    CHECK(sim::masked("abc").starts_with("..."));
    CHECK(sim::masked("abcdefghijklmnopqrst").starts_with("abcd..."));
}

TEST_CASE("what the front desk does not know is answered") {
    constexpr const char* no_action =
        "no such action; there are seat, cancel, sign-in, change-password, withdraw, delete-account, "
        "forward, "
        "rotate-keys, store, launch, remove";
    struct Row {
        const char* because;
        Fields fields;
        const char* want;
    };
    const Row rows[] = {
        {"no action", {}, no_action},
        {"an action of another kind", {{"action", "pay"}}, no_action},
        {"nobody", {{"action", "change-password"}}, "no such person"},
        {"an unknown person", {{"action", "seat"}, {"account", "carol"}}, "no such person"},
        {"a website on a device",
         {{"action", "sign-in"}, {"account", "alice"}, {"client_id", web}},
         "no such native client"},
        {"an app that the person never used",
         {{"action", "withdraw"}, {"account", "alice"}, {"group", app}},
         "the person did not consent to that group"},
        {"an unknown device",
         {{"action", "store"}, {"device", "toaster"}, {"app", app}},
         "no such device, or no app named"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Desk desk;
            CHECK(desk.act(row.fields) == row.want);
        }
    }
    Desk desk;
    CHECK(desk.ask("GET", "/").status == 404);
    CHECK_FALSE(desk.ask("GET", "/state").documented);
}
