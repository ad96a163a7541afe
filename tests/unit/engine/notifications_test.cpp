// Apple's notifications: believed only with a signature of Apple's, and never refused for want of a key set.
#include <doctest/doctest.h>

#include "identity_rig.hpp"

using namespace rig;
using core::EventType;
using core::Outcome;

namespace {

// Of Apple's, by key `kid`.
std::string notification(
    std::string_view type = "consent-revoked", std::string_view jti = "n-1", std::string_view kid = "K1",
    std::string_view signer = "K1", std::int64_t exp = 1767400000) {
    return testing::jws(
        fmt::format(R"({{"kid":"{}","alg":"RS256"}})", kid),
        fmt::format(
            R"({{"iss":"https://appleid.apple.com","aud":"com.example.tv","iat":1767323040,"exp":{},"jti":"{}",)"
            R"("events":"{{\"type\":\"{}\",\"sub\":\"001.a\",\"event_time\":1767323039000}}"}})",
            exp, jti, type),
        fmt::format("by {}", signer));
}

core::Offset forward(
    Rig& rig, const std::string& account, const std::string& payload, int id = -1,
    std::string_view time = "2026-01-02T03:04:05Z") {
    return rig.deliver_text(
        account,
        event_text(
            id < 0 ? static_cast<int>(rig.next_offset) : id, "apple.notification.v1", account,
            fmt::format(R"("payload":"{}","sign_in_tokens":[{{"value":"t-{}"}}])", payload, account), time));
}

core::Answer key_set(std::string_view kids = "K1") {
    return json(200, R"({"keys":[)" + testing::jwk(kids) + "]}");
}

bool fetches(const core::SendRequest& request) {
    return request.request.method == "GET" && request.request.path == "/auth/keys" &&
           request.request.place == core::CredentialPlace::nowhere && request.request.body.empty();
}

void have_keys(Rig& rig) {
    forward(rig, "first", notification("consent-revoked", "first"));
    rig.answer(rig.take_request().id, key_set());
    rig.answer_all(204);
    rig.acknowledge_all_stores();
    rig.stored.clear();
}

std::string last_code(Rig& rig) {
    rig.acknowledge_all_stores();
    for (auto store = rig.stored.rbegin(); store != rig.stored.rend(); ++store) {
        if (store->kind == core::StoreKind::dead_letter) {
            return header(*store, "dlq.reason") + " " + header(*store, "dlq.error.code");
        }
    }
    return "";
}

}  // namespace

TEST_CASE("one fetch of the key set serves every notification that waits, and then the Deletes go out") {
    Rig rig{with_identity()};
    for (int i = 0; i < 20; ++i) {
        forward(rig, "a" + std::to_string(i), notification("consent-revoked", fmt::format("n-{}", i)));
    }
    REQUIRE(rig.requests.size() == 1);
    REQUIRE(fetches(rig.requests.front()));
    // Only what was asked for after a notification came can say that its key does not exist; K1 does.
    rig.answer(rig.take_request().id, key_set());
    CHECK(rig.requests.size() == 20);
    for (const core::SendRequest& request : rig.requests) {
        CHECK(request.request.path == "/account/v1/autoSignIn/delete");
    }
    rig.answer_all(204);
    rig.acknowledge_all_stores();
    CHECK(rig.settled(EventType::notification, Outcome::executed) == 20);
    CHECK(rig.dead_letters() == 0);
    CHECK(rig.engine.stats().counters.key_sets == 1);
}

TEST_CASE("with the key in hand a notification is judged at once") {
    struct Row {
        const char* because;
        std::string payload;
        std::string_view time;
        std::size_t deletes;
        const char* letter;
    };
    const std::string_view now = "2026-01-02T03:04:05Z";
    const Row rows[] = {
        {"consent was revoked", notification("consent-revoked"), now, 1, ""},
        {"the account was deleted", notification("account-delete"), now, 1, ""},
        {"or deleted, in the newer spelling", notification("account-deleted"), now, 1, ""},
        {"mail is forwarded: nothing to do", notification("email-enabled"), now, 0, ""},
        {"or not any more", notification("email-disabled"), now, 0, ""},
        {"a type of tomorrow", notification("passkey-added"), now, 0, ""},
        {"signed by somebody else", notification("consent-revoked", "n", "K1", "nobody"), now, 0,
         "invalid bad_signature"},
        {"no JWS at all", "abc", now, 0, "invalid malformed_jws"},
        {"expired when the account system had it",
         notification("consent-revoked", "n", "K1", "K1", 1767323041), now, 0, "invalid expired"},
        {"expired since: a backlog makes nothing invalid",
         notification("consent-revoked", "n", "K1", "K1", 1767323300), "2026-01-02T03:04:01Z", 1, ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Rig rig{with_identity()};
            have_keys(rig);
            rig.pass(1h);
            forward(rig, "a", row.payload, -1, row.time);
            CHECK(rig.requests.size() == row.deletes);
            rig.answer_all(204);
            CHECK(last_code(rig) == row.letter);
            CHECK(
                rig.settled(EventType::notification, Outcome::nothing_to_do) ==
                (row.deletes == 0 && *row.letter == '\0' ? 1 : 0));
            CHECK(rig.engine.stats().counters.key_sets == 1);
        }
    }
}

TEST_CASE("a key that a set fetched afterwards does not hold either makes the notification invalid") {
    Rig rig{with_identity()};
    have_keys(rig);
    rig.pass(1h);
    forward(rig, "a", notification("consent-revoked", "n", "K2", "K2"));
    CHECK(last_code(rig) == "");  // not before it was looked for
    REQUIRE(rig.requests.size() == 1);
    REQUIRE(fetches(rig.requests.front()));
    SUBCASE("it rotated in: believed") {
        rig.answer(rig.take_request().id, key_set("K2"));
        CHECK(rig.requests.size() == 1);
        CHECK(last_code(rig) == "");
    }
    SUBCASE("nobody knows it") {
        rig.answer(rig.take_request().id, key_set("K3"));
        CHECK(rig.requests.empty());
        CHECK(last_code(rig) == "invalid unknown_key_id");
        CHECK(rig.status().lanes == 0);
    }
    SUBCASE("a set that was asked for before it came proves nothing") {
        const core::SendRequest fetch = rig.take_request();
        rig.pass(1s);
        forward(rig, "b", notification("consent-revoked", "m", "K4", "K4"));
        CHECK(rig.requests.empty());  // one fetch at a time
        rig.answer(fetch.id, key_set("K2"));
        CHECK(last_code(rig) == "");
        REQUIRE(rig.requests.size() == 2);  // the Delete of a, and another fetch for b
        rig.answer_oldest(204);
        rig.answer(rig.take_request().id, key_set("K2"));
        CHECK(last_code(rig) == "invalid unknown_key_id");
    }
}

TEST_CASE("made-up keys do not make us fetch more than our own limit lets through") {
    Rig rig{with_identity()};
    int fetched = 0;
    for (int second = 0; second < 600; ++second) {
        forward(
            rig, "a" + std::to_string(second),
            notification("consent-revoked", "n", fmt::format("F{}", second)));
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            fetched += fetches(rig.requests.front()) ? 1 : 0;
            rig.answer(rig.take_request().id, key_set());
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(fetched >= 10);
    CHECK(fetched <= 12);
}

TEST_CASE("an outage of the key set, however long, makes nothing invalid") {
    struct Row {
        const char* because;
        core::Exchange exchange;
    };
    const Row rows[] = {
        {"503", core::Answer{.status = 503}},
        {"no answer", core::Lost{}},
        {"no connection", core::NotSent{}},
        {"a portal's page", json(200, "<html>")},
        {"a set cut short", core::Answer{.status = 200, .body = R"({"keys":[)", .body_torn = true}},
        {"404", core::Answer{.status = 404}},
        {"400", core::Answer{.status = 400}},
        {"429", core::Answer{.status = 429}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Rig rig{with_identity()};
            forward(rig, "a", notification());
            for (int minute = 0; minute < 240; ++minute) {
                for (std::size_t left = rig.requests.size(); left > 0; --left) {
                    rig.answer(rig.take_request().id, row.exchange);
                }
                rig.acknowledge_all_stores();
                rig.pass_in_steps(1min);
            }
            CHECK(rig.dead_letters() == 0);
            for (int minute = 0; minute < 30; ++minute) {
                for (std::size_t left = rig.requests.size(); left > 0; --left) {
                    const auto request = rig.take_request();
                    rig.answer(
                        request.id, fetches(request) ? core::Exchange{key_set()}
                                                     : core::Exchange{core::Answer{.status = 204}});
                }
                rig.acknowledge_all_stores();
                rig.pass_in_steps(1min);
            }
            CHECK(rig.settled(EventType::notification, Outcome::executed) == 1);
        }
    }
}

TEST_CASE("a drain while the key set is fetched makes nothing invalid, whatever the set says") {
    Rig rig{with_identity()};
    forward(rig, "a", notification("consent-revoked", "n", "K2", "K2"));
    const core::SendRequest fetch = rig.take_request();
    rig.step(core::DrainRequested{});
    SUBCASE("no answer") {
        rig.answer(fetch.id, core::Lost{});
    }
    SUBCASE("a set from before it came") {
        rig.answer(fetch.id, json(503, ""));
    }
    rig.acknowledge_all_stores();
    rig.pass_in_steps(1min);
    CHECK(rig.dead_letters() == 0);
    CHECK(rig.finish.has_value());
}

TEST_CASE("a notification that comes again in another event is refused; the same event is not") {
    Rig rig{with_identity()};
    have_keys(rig);
    forward(rig, "a", notification("consent-revoked", "n-7"), 77);
    rig.answer_all(204);
    forward(rig, "a", notification("consent-revoked", "n-7"), 77);
    CHECK(rig.requests.size() == 1);
    rig.answer_all(404);
    CHECK(last_code(rig) == "");
    forward(rig, "b", notification("consent-revoked", "n-7"), 78);
    CHECK(rig.requests.empty());
    CHECK(last_code(rig) == "invalid replayed_notification");
    CHECK(rig.status().notifications_remembered == 2);
}

TEST_CASE("a person with values in two apps has an event for each, with the same notification") {
    auto with = with_identity();
    with.credentials.push_back({.name = "radio", .endpoint = core::EndpointId{0}});
    with.rules.apps.insert({"radio", core::AppId{3}});
    Rig rig{with};
    have_keys(rig);
    const auto forward_for = [&](std::string_view app, int id) {
        rig.deliver_text(
            "a",
            fmt::format(
                R"({{"specversion":"1.0","id":"e-{}","source":"/accounts","type":"apple.notification.v1",)"
                R"("subject":"a","time":"2026-01-02T03:04:05Z","data":{{"app":"{}","payload":"{}",)"
                R"("sign_in_tokens":[{{"value":"t-{}"}}]}}}})",
                id, app, notification("consent-revoked", "n-7"), app));
    };
    forward_for("tv", 71);
    rig.answer_all(204);
    forward_for("radio", 72);
    REQUIRE(rig.requests.size() == 1);
    CHECK(body(rig.requests.front()) == R"({"autoSignInTokenValue":"t-radio"})");
    rig.answer_all(204);
    forward_for("radio", 73);
    CHECK(last_code(rig) == "invalid replayed_notification");
}

TEST_CASE("a notification may be addressed to an App ID that is no client") {
    for (const bool configured : {false, true}) {
        auto with = with_identity();
        if (configured) {
            with.audiences = {"com.example.app"};
        }
        Rig rig{with};
        have_keys(rig);
        forward(
            rig, "a",
            testing::jws(
                R"({"kid":"K1","alg":"RS256"})",
                R"({"iss":"https://appleid.apple.com","aud":"com.example.app","iat":1767323040,"jti":"n-8",)"
                R"("events":{"type":"consent-revoked","sub":"001.a"}})",
                "by K1"));
        CHECK(rig.requests.size() == (configured ? 1 : 0));
        CHECK(last_code(rig) == (configured ? "" : "invalid wrong_audience"));
    }
}

TEST_CASE("a flood of made-up keys does not fill the buffers until the next fetch") {
    Rig rig{with_identity()};
    have_keys(rig);
    rig.pass(1s);
    for (int i = 0; i < 300; ++i) {
        forward(
            rig, fmt::format("v-{}", i), notification("consent-revoked", fmt::format("f-{}", i), "K9", "K9"));
    }
    CHECK(last_code(rig) == "invalid unknown_key_id");
    CHECK(rig.dead_letters() == 199);
    REQUIRE(rig.requests.size() == 1);
    // One fetches and a hundred wait, for a set that may hold their key.
    rig.answer(rig.take_request().id, key_set("K9"));
    CHECK(rig.requests.size() == 101);
    CHECK(rig.dead_letters() == 199);
}

TEST_CASE("a replayed dead letter is verified again: its headers prove nothing") {
    Rig rig{with_identity()};
    have_keys(rig);
    rig.deliver_record(
        "a",
        event_text(
            9, "apple.notification.v1", "a",
            fmt::format(
                R"("payload":"{}","sign_in_tokens":[{{"value":"t"}},{{"value":"u"}}])",
                notification("consent-revoked", "n", "K1", "nobody"))),
        {{"dlq.replay.count", "1"}, {"dlq.replay.of", "events.dead-letters/0/7"}, {"dlq.commands", "2"}});
    CHECK(rig.requests.empty());
    CHECK(last_code(rig) == "invalid bad_signature");
    rig.deliver_record(
        "a",
        event_text(
            10, "apple.notification.v1", "a",
            fmt::format(
                R"("payload":"{}","sign_in_tokens":[{{"value":"t"}},{{"value":"u"}}])",
                notification("consent-revoked", "m"))),
        {{"dlq.replay.count", "1"}, {"dlq.replay.of", "events.dead-letters/0/7"}, {"dlq.commands", "2"}});
    REQUIRE(rig.requests.size() == 1);
    CHECK(body(rig.requests.front()) == R"({"autoSignInTokenValue":"u"})");
}

TEST_CASE("a key set beyond its age is fetched again in the background, while the old one serves") {
    Rig rig{with_identity()};
    have_keys(rig);
    rig.pass(25h);
    forward(rig, "a", notification("consent-revoked", "n-2"));
    REQUIRE(rig.requests.size() == 2);
    CHECK(fetches(rig.requests.front()) != fetches(rig.requests.back()));
    rig.answer_all(503);
    CHECK(rig.dead_letters() == 0);
}

TEST_CASE("an account's later commands wait behind its notification, other accounts' do not") {
    Rig rig{with_identity()};
    forward(rig, "a", notification());
    rig.deliver("a", "old", "new");
    rig.deliver("b", "t");
    REQUIRE(rig.requests.size() == 2);
    CHECK(fetches(rig.requests.front()));
    CHECK(body(rig.requests.back()) == R"({"autoSignInTokenValue":"t"})");
}

TEST_CASE("several notifications of one account are judged one after the other by one set") {
    Rig rig{with_identity()};
    for (int i = 0; i < 5; ++i) {
        forward(rig, "a", notification("email-enabled", fmt::format("n-{}", i)));
    }
    rig.answer(rig.take_request().id, key_set());
    rig.acknowledge_all_stores();
    CHECK(rig.settled(EventType::notification, Outcome::nothing_to_do) == 5);
    CHECK(rig.requests.empty());
    CHECK(rig.status().lanes == 0);
}
