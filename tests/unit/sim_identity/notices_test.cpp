#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;
using sim::NoticeState;

namespace {

constexpr const char* address = "https://accounts.example.com/apple";

struct Registered : Scene {
    explicit Registered(const sim::IdentityOptions& options = {}) : Scene{options} {
        apple.notices().set_address(app, address);
    }
    Json only_payload() {
        const auto due = apple.notices().due(now.steady);
        REQUIRE(due.size() == 1);
        CHECK(due.front().address == address);
        return part_of(Json::parse(due.front().body)["payload"].get<std::string>(), 1);
    }
};

}  // namespace

TEST_CASE("what people do is told to the groups that they consented to, and to nobody else") {
    struct Row {
        const char* because;
        std::function<void(Scene&)> act;
        std::string want;  // empty: nothing is told
    };
    const Row rows[] = {
        {"stopped using the app", [](Scene& scene) { scene.apple.withdraw("alice", app, scene.now); },
         "consent-revoked"},
        {"deleted the Apple Account", [](Scene& scene) { scene.apple.delete_account("alice", scene.now); },
         "account-deleted"},
        {"switched forwarding off",
         [](Scene& scene) { scene.apple.set_forwarding("alice", app, false, scene.now); }, "email-disabled"},
        {"switched it on", [](Scene& scene) { scene.apple.set_forwarding("alice", app, true, scene.now); },
         "email-enabled"},
        {"a new password is no news", [](Scene& scene) { scene.apple.change_password("alice"); }, ""},
        {"another person", [](Scene& scene) { scene.apple.withdraw("bob", app, scene.now); }, ""},
        {"another app", [](Scene& scene) { scene.apple.withdraw("alice", other_app, scene.now); }, ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Registered scene;
            const Json tokens = scene.signed_in();
            row.act(scene);
            if (row.want.empty()) {
                CHECK(scene.apple.notices().all().empty());
                continue;
            }
            const Json claims = scene.only_payload();
            CHECK(claims["iss"] == "https://appleid.apple.com");
            CHECK(claims["aud"] == app);
            CHECK(claims["exp"].get<int>() - claims["iat"].get<int>() == 86'400);
            const Json event = Json::parse(claims["events"].get<std::string>());
            CHECK(event["type"] == row.want);
            CHECK(event["sub"] == part_of(tokens["id_token"].get<std::string>(), 1)["sub"]);
            CHECK(event["event_time"] == 1'800'000'000'000);
            CHECK(event.contains("email") == row.want.starts_with("email"));
        }
    }
}

TEST_CASE("the switches of a notification") {
    Registered scene;
    const auto told = [&](const sim::NoticeOptions& options) {
        scene.apple.notices().set_options(options);
        CHECK(scene.apple.sign_in("alice", app, {}, "", scene.now).code.size() > 10);
        scene.apple.delete_account("alice", scene.now);
        scene.apple.book().add_person({.account = "alice"});
        return scene.only_payload();
    };
    const Json plain = told(
        {.events_as_object = true,
         .event_time = sim::EventTimeForm::seconds,
         .deletion = sim::DeletionSpelling::account_delete,
         .life = std::nullopt});
    CHECK(plain["events"]["type"] == "account-delete");
    CHECK(plain["events"]["event_time"] == 1'800'000'000);
    CHECK_FALSE(plain.contains("exp"));
    CHECK(told({})["jti"] != plain["jti"]);
    std::set<std::string> spellings;
    for (int i = 0; i < 30; ++i) {
        const Json claims = told({.deletion = sim::DeletionSpelling::mixed});
        spellings.insert(Json::parse(claims["events"].get<std::string>())["type"]);
    }
    CHECK(spellings == std::set<std::string>{"account-delete", "account-deleted"});
}

TEST_CASE("a notification is sent until it is answered 200, on schedule, and given up at its end") {
    struct Row {
        const char* because;
        std::vector<std::optional<int>> answers;
        NoticeState want;
    };
    const Row rows[] = {
        {"taken at once", {200}, NoticeState::taken},
        {"after an error", {500, 200}, NoticeState::taken},
        {"202 is not 200", {202, 200}, NoticeState::taken},
        {"after no answer", {std::nullopt, 200}, NoticeState::taken},
        {"never", {500, 400, std::nullopt}, NoticeState::given_up},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Registered scene;
            const std::vector<common::Duration> waits{10s, 60s};
            scene.apple.notices().set_options({.retries = waits});
            CHECK_FALSE(scene.refresh_token().empty());
            scene.apple.withdraw("alice", app, scene.now);
            std::string body;
            for (std::size_t i = 0; i < row.answers.size(); ++i) {
                CAPTURE(i);
                const auto due = scene.apple.notices().due(scene.now.steady);
                REQUIRE(due.size() == 1);
                CHECK_MESSAGE((body.empty() || due.front().body == body), "the same bytes again");
                body = due.front().body;
                CHECK_MESSAGE(scene.apple.notices().due(scene.now.steady).empty(), "one attempt at a time");
                scene.apple.notices().answered(due.front().id, row.answers[i], scene.now.steady);
                if (i + 1 < row.answers.size()) {
                    CHECK(scene.apple.notices().next() == scene.now.steady + waits[i]);
                    scene.pass(waits[i] - 1ms);
                    CHECK(scene.apple.notices().due(scene.now.steady).empty());
                    scene.pass(1ms);
                }
            }
            CHECK(scene.apple.notices().all().front().state == row.want);
            CHECK(scene.apple.notices().next() == common::never);
        }
    }
}

TEST_CASE("what was taken may come again with the same jti, once") {
    Registered scene;
    scene.apple.notices().set_options({.retries = {10s}, .duplicates_percent = 100});
    CHECK_FALSE(scene.refresh_token().empty());
    scene.apple.withdraw("alice", app, scene.now);
    std::vector<std::string> bodies;
    for (int i = 0; i < 3; ++i) {
        for (const sim::NoticeDelivery& delivery : scene.apple.notices().due(scene.now.steady)) {
            bodies.push_back(delivery.body);
            scene.apple.notices().answered(delivery.id, 200, scene.now.steady);
        }
        scene.pass(10s);
    }
    CHECK(bodies == std::vector<std::string>(2, bodies.front()));
}

TEST_CASE("notifications overtake each other when they are delayed at random") {
    Registered scene;
    scene.apple.notices().set_options({.delay_max = 1h});
    std::vector<std::string> happened;
    std::vector<std::string> came;
    for (int i = 0; i < 20; ++i) {
        const std::string account = "person" + std::to_string(i);
        scene.apple.book().add_person({.account = account});
        CHECK_FALSE(scene.refresh_token(account).empty());
        scene.apple.withdraw(account, app, scene.now);
        happened.push_back(scene.apple.notices().all().back().id);
        scene.pass(1s);
    }
    while (scene.apple.notices().next() != common::never) {
        scene.pass(std::max(common::Duration{}, scene.apple.notices().next() - scene.now.steady));
        for (const sim::NoticeDelivery& delivery : scene.apple.notices().due(scene.now.steady)) {
            came.push_back(scene.apple.notices().all().at(delivery.id.value).id);
            scene.apple.notices().answered(delivery.id, 200, scene.now.steady);
        }
    }
    CHECK(came.size() == happened.size());
    CHECK(came != happened);
}

TEST_CASE("our own revocation is echoed only by switch") {
    for (const bool echo : {false, true}) {
        CAPTURE(echo);
        Registered scene{{.echo_revocations = echo}};
        CHECK(scene.revoke(scene.refresh_token()).status == 200);
        CHECK(scene.apple.notices().all().size() == (echo ? 1 : 0));
    }
}
