// The real program and Apple's own notifications: real signatures, keys fetched from the identity server.
// What Apple signed for us is acted on, and nothing else is.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/base64url.hpp"
#include "tests/integration/identity_scene.hpp"
#include "worker/dev/apple/rsa.hpp"

namespace {

using cli::IdentityScene;
using lane::WorkerProcess;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;
using Person = IdentityScene::Person;

void await_receipts(WorkerProcess& worker, std::size_t count) {
    worker.await(
        [&] { return worker.metric("autosignin_receipts_total") >= static_cast<double>(count); }, 40s,
        fmt::format("{} receipts did not come", count));
}

double refused(const WorkerProcess& worker, const std::string& code) {
    return worker.metric(fmt::format("autosignin_notifications_refused_total{{code=\"{}\"}}", code));
}

void forward(
    IdentityScene& scene, const Person& person, const std::string& payload, std::chrono::seconds later = {}) {
    scene.emit(
        "apple.notification.v1", person.account,
        fmt::format(R"("payload":"{}",)", payload) + IdentityScene::tokens(person.value), later);
}

// What Apple signs, but for what `change` does to the claims.
std::string signed_by_apple(
    IdentityScene& scene, const std::function<void(sim::NoticeClaims&)>& change = {}) {
    std::string jwt;
    scene.apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
        sim::NoticeClaims claims =
            identity.notices().claims_for(sim::NoticeType::consent_revoked, cli::client_id);
        claims.subject = "000000.somebody";
        claims.happened = now.wall;
        if (change) {
            change(claims);
        }
        jwt = identity.keys().signed_jwt(sim::claims_json(claims), true);
    });
    return jwt;
}

std::string part(const std::string& jwt, int number) {
    std::size_t from = 0;
    for (; number > 0; --number) {
        from = jwt.find('.', from) + 1;
    }
    return jwt.substr(from, jwt.find('.', from) - from);
}

// Signed by whom Apple never heard of, in the name of a key of Apple's.
std::string forged(IdentityScene& scene) {
    sim::IdentityKeys elsewhere{dev::openssl_identity_crypto(), 1, 99};
    const std::string real = signed_by_apple(scene);
    const auto claims = common::base64url_bytes(part(real, 1));
    REQUIRE(claims);
    const std::string claims_text{claims->begin(), claims->end()};
    // The signature covers the header, so it is made for the one that is sent.
    return part(real, 0) + '.' + part(real, 1) + '.' + part(elsewhere.signed_jwt(claims_text, false), 2);
}

// Its claims under the signature of another one.
std::string changed(IdentityScene& scene) {
    const std::string real = signed_by_apple(scene);
    return part(real, 0) + '.' + part(signed_by_apple(scene), 1) + '.' + part(real, 2);
}

std::string with_header(const std::string& jwt, std::string_view json) {
    std::string header;
    common::append_base64url(header, json);
    return header + jwt.substr(jwt.find('.'));
}

std::string of_another_issuer(IdentityScene& scene) {
    std::string jwt;
    scene.apple().with_identity([&](sim::AppleIdentity& identity, common::Now) {
        jwt = identity.keys().signed_jwt(
            R"({"iss":"https://example.com","aud":"com.example.tv","iat":1,"jti":"j",)"
            R"("events":{"type":"consent-revoked","sub":"s","event_time":1}})",
            true);
    });
    return jwt;
}

}  // namespace

TEST_CASE("cli: what Apple tells of people is acted on as the contract says, also with a key that is new") {
    IdentityScene scene;
    using Happens = std::function<void(sim::AppleIdentity&, const std::string& account, common::Now)>;
    struct Row {
        const char* account;
        Happens happens;
        Texts outcomes;
        bool value_goes;
    };
    const Happens withdraws = [](sim::AppleIdentity& identity, const std::string& account, common::Now now) {
        identity.withdraw(account, cli::client_id, now);
    };
    const Row rows[] = {
        {"stops", withdraws, {"key_set executed", "delete executed"}, true},
        {"leaves",
         [](sim::AppleIdentity& identity, const std::string& account, common::Now now) {
             identity.delete_account(account, now);
         },
         {"key_set already_so", "delete executed"},
         true},
        {"mutes",
         [](sim::AppleIdentity& identity, const std::string& account, common::Now now) {
             identity.set_forwarding(account, cli::client_id, false, now);
         },
         {"key_set already_so", "delete nothing_to_do"},
         false},
        {"stops after the keys were rotated",
         [&](sim::AppleIdentity& identity, const std::string& account, common::Now now) {
             for (std::size_t left = identity.keys().kids().size(); left > 0; --left) {
                 identity.keys().rotate();
             }
             withdraws(identity, account, now);
         },
         {"key_set executed", "delete executed"},
         true},
    };
    WorkerProcess worker = scene.start();
    Texts want;
    for (const Row& row : rows) {
        CAPTURE(std::string{row.account});
        const Person person = scene.add_person(row.account);
        scene.apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
            row.happens(identity, person.account, now);
        });
        forward(scene, person, scene.next_notification());
        want.insert(want.end(), row.outcomes.begin(), row.outcomes.end());
        await_receipts(worker, want.size());
        CHECK(scene.leftovers({person}).empty() == row.value_goes);
    }
    std::sort(want.begin(), want.end());
    CHECK(scene.outcomes(want.size()) == want);
    CHECK(scene.calls(sim::IdentityCall::keys) == 2);
    CHECK(worker.metric("autosignin_notifications_verified_total") == std::size(rows));
    CHECK(worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}") == 0);
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: a notification that Apple did not sign for us, or signed for another time, moves nothing") {
    IdentityScene scene;
    struct Row {
        const char* because;
        std::string payload;
        const char* code;
        std::chrono::seconds later{};
    };
    const std::string taken = signed_by_apple(scene);
    const Row rows[] = {
        {"a signature of somebody else's", forged(scene), "bad_signature"},
        {"claims of another one", changed(scene), "bad_signature"},
        {"no signature", with_header(signed_by_apple(scene), R"({"alg":"none","kid":"AAAAAAA"})"),
         "unsupported_algorithm"},
        {"signed with the public key",
         with_header(signed_by_apple(scene), R"({"alg":"HS256","kid":"AAAAAAA"})"), "unsupported_algorithm"},
        {"a key that was never there",
         with_header(signed_by_apple(scene), R"({"alg":"RS256","kid":"AAAAAAA"})"), "unknown_key_id"},
        {"expired", signed_by_apple(scene), "expired", 25h},
        {"signed for another app",
         signed_by_apple(scene, [](sim::NoticeClaims& claims) { claims.app_id = "org.example.news"; }),
         "wrong_audience"},
        {"of another issuer", of_another_issuer(scene), "wrong_issuer"},
        {"from tomorrow", signed_by_apple(scene, [](sim::NoticeClaims& claims) { claims.happened += 24h; }),
         "issued_in_future"},
        {"no JWT", "consent-revoked", "malformed_jws"},
        {"once more, in another event", taken, "replayed_notification"},
    };
    WorkerProcess worker = scene.start();
    const Person first = scene.add_person("first");
    forward(scene, first, taken);
    await_receipts(worker, 2);
    CHECK(scene.leftovers({first}) == "");
    std::size_t receipts = 2;
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        const Person person = scene.add_person(fmt::format("account-{}", receipts));
        const double before = refused(worker, row.code);
        forward(scene, person, row.payload, row.later);
        await_receipts(worker, ++receipts);
        CHECK_FALSE(scene.leftovers({person}).empty());
        CHECK(refused(worker, row.code) == before + 1);
        const core::Record letter = scene.read(cli::dead_letter_topic, receipts - 2).back();
        CHECK(IdentityScene::header(letter, "dlq.reason") == "invalid");
        CHECK(IdentityScene::header(letter, "dlq.error.code") == row.code);
    }
    CHECK(worker.says("notification_refused"));
    CHECK(scene.ledger().size() == 1);  // the first person's
    CHECK(worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}") == std::size(rows));
    CHECK(scene.calls(sim::IdentityCall::keys) == 2);
    for (const Row& row : rows) {
        CHECK_FALSE(cli::contains(worker.log(), row.payload));
    }
    CHECK(worker.stop() == 0);
}
