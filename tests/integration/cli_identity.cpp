// The real program with both of Apple's APIs: what a deleted account must let go, and what a check finds.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/integration/identity_scene.hpp"
#include "tests/kafka/traces.hpp"

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

double settled(const WorkerProcess& worker, const char* type, const char* outcome) {
    return worker.metric(fmt::format(
        "autosignin_events_settled_total{{type=\"account.{}.v1\",outcome=\"{}\"}}", type, outcome));
}

double letters(const WorkerProcess& worker) {
    return worker.metric("autosignin_dead_letters_total{reason=\"rejected\"}") +
           worker.metric("autosignin_dead_letters_total{reason=\"exhausted\"}") +
           worker.metric("autosignin_dead_letters_total{reason=\"invalid\"}");
}

std::vector<Person> people(IdentityScene& scene, int count, const std::string& name) {
    std::vector<Person> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(scene.add_person(fmt::format("{} {}", name, i)));
    }
    return all;
}

void delete_account(IdentityScene& scene, const Person& person) {
    scene.emit(
        "account.deleted.v1", person.account,
        IdentityScene::tokens(person.value) + "," + IdentityScene::sessions({person.session}));
}

// Everything of these people that leaves the worker by a way on which no secret may.
void look_for_secrets(
    IdentityScene& scene, const WorkerProcess& worker, const std::vector<Person>& all, std::size_t receipts) {
    std::string seen = worker.log() + worker.get("/metrics").body + worker.get("/status").body;
    for (const core::Record& receipt : scene.read(cli::receipts_topic, receipts)) {
        seen += receipt.value.value_or("");
    }
    for (const Person& person : all) {
        CHECK_FALSE(cli::contains(seen, person.value));
        CHECK_FALSE(cli::contains(seen, person.session));
    }
    lane::Traces traces;
    traces.look_at("output", seen);
    CHECK_MESSAGE(traces.found().empty(), traces.found());
}

}  // namespace

TEST_CASE("cli: a deleted account's values and sessions go from both APIs, and nothing signs in afterwards") {
    IdentityScene scene;
    const std::vector<Person> all = people(scene, 5, "person");
    const std::string second = scene.open_session("person 0");
    const std::string by_access_token = scene.open_session("person 1");
    const std::string access_token = scene.access_token_of(by_access_token);
    const std::string untouched = scene.open_session("person 4");
    CHECK_FALSE(scene.leftovers(all).empty());
    std::string transport;
    SUBCASE("http2") {
        transport = "http2";
    }
    SUBCASE("http1") {
        transport = "http1";
    }
    WorkerProcess worker = scene.start({{"apple.transport", transport}});
    scene.emit(
        "account.deleted.v1", "person 0",
        IdentityScene::tokens(all[0].value) + "," + IdentityScene::sessions({all[0].session, second}));
    scene.emit(
        "account.deleted.v1", "person 1",
        IdentityScene::tokens(all[1].value) + "," + IdentityScene::sessions({access_token}, "access_token"));
    for (std::size_t i = 2; i < all.size(); ++i) {
        delete_account(scene, all[i]);
    }
    await_receipts(worker, 11);
    const Texts outcomes = scene.outcomes(11);
    CHECK(std::count(outcomes.begin(), outcomes.end(), "delete executed") == 5);
    CHECK(std::count(outcomes.begin(), outcomes.end(), "revoke executed") == 6);
    CHECK(settled(worker, "deleted", "executed") == 5);
    CHECK(letters(worker) == 0);
    CHECK(scene.leftovers(all) == "");
    for (const std::string& session :
         {all[0].session, second, by_access_token, all[2].session, all[3].session, all[4].session}) {
        CHECK_FALSE(scene.lives(session));
    }
    CHECK(scene.lives(all[1].session));  // no event named it
    CHECK(scene.lives(untouched));
    look_for_secrets(scene, worker, all, 11);
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: a dead letter of an event for both APIs names exactly the commands still to run") {
    IdentityScene scene;
    const Person person = scene.add_person("alice");
    const std::string foreign = scene.open_session("alice");
    scene.script_identity(
        {{.kind = sim::FaultKind::reject_value, .values = {foreign}, .error = "invalid_grant"}});
    WorkerProcess worker = scene.start();
    scene.emit(
        "account.deleted.v1", "alice",
        IdentityScene::tokens(person.value) + "," + IdentityScene::sessions({foreign, person.session}));
    await_receipts(worker, 3);
    CHECK(
        scene.outcomes(3) ==
        Texts{"delete executed", "revoke dead_lettered 400 invalid_grant", "revoke executed"});
    const core::Record letter = scene.read(cli::dead_letter_topic, 1).front();
    CHECK(IdentityScene::header(letter, "dlq.commands") == "1");
    CHECK(IdentityScene::header(letter, "dlq.reason") == "rejected");
    CHECK(IdentityScene::header(letter, "dlq.error.code") == "400 invalid_grant");
    CHECK(IdentityScene::header(letter, "dlq.http.status") == "400");
    CHECK(scene.leftovers({person}) == "");
    CHECK_FALSE(scene.lives(person.session));
    CHECK(scene.lives(foreign));  // which is what the letter is about
    look_for_secrets(scene, worker, {person}, 3);
    CHECK(worker.stop() == 0);
}

TEST_CASE(
    "cli: whatever the identity service answers, values go at once, and sessions when it is well again") {
    struct Row {
        const char* because;
        sim::Fault fault;
        const char* gate;  // that is closed meanwhile; empty: none, the breaker holds
    };
    const Row rows[] = {
        {"invalid_client", {.kind = sim::FaultKind::refuse_credential}, "credential_refused"},
        {"503", {.kind = sim::FaultKind::fail}, ""},
        {"no answer", {.kind = sim::FaultKind::drop_request}, ""},
        {"a redirect", {.kind = sim::FaultKind::fail, .status = 302}, "misdirected"},
        {"a page of somebody's",
         {.kind = sim::FaultKind::fail, .status = 200, .body = sim::BodyForm::html},
         ""},
    };
    IdentityScene scene;
    WorkerProcess worker = scene.start();
    std::size_t receipts = 0;
    for (const Row& row : rows) {
        CAPTURE(std::string{row.because});
        const std::vector<Person> all = people(scene, 20, row.because);
        const std::size_t asked = scene.calls(sim::IdentityCall::revoke);
        scene.script_identity({row.fault});
        for (const Person& person : all) {
            delete_account(scene, person);
        }
        worker.await([&] { return scene.leftovers(all).empty(); }, 40s, "values wait for the other API");
        worker.await(
            [&] { return scene.calls(sim::IdentityCall::revoke) >= asked + 3; }, 40s,
            "it was not asked again");
        if (*row.gate != '\0') {
            CHECK(cli::contains(worker.get("/status").body, row.gate));
        }
        CHECK(worker.metric("autosignin_receipts_total") == receipts);  // half an event is not settled
        CHECK(scene.lives(all.front().session));
        scene.script_identity({});
        receipts += 2 * all.size();
        await_receipts(worker, receipts);
        for (const Person& person : all) {
            CHECK_FALSE(scene.lives(person.session));
        }
        CHECK(settled(worker, "deleted", "executed") == receipts / 2);
        CHECK(letters(worker) == 0);
    }
    CHECK(worker.stop() == 0);
}

TEST_CASE("cli: a session is asked about once a day, and its receipt says what Apple knows of it") {
    IdentityScene scene;
    const Person alice = scene.add_person("alice");
    const Person bob = scene.add_person("bob");
    scene.apple().with_identity(
        [](sim::AppleIdentity& identity, common::Now now) { identity.withdraw("bob", cli::client_id, now); });
    WorkerProcess worker = scene.start();
    for (const Person& person : {alice, bob, alice}) {
        scene.emit("account.session-check.v1", person.account, IdentityScene::sessions({person.session}));
    }
    await_receipts(worker, 3);
    CHECK(
        scene.outcomes(3) ==
        Texts{"check executed over", "check executed valid", "check nothing_to_do not_asked"});
    CHECK(scene.calls(sim::IdentityCall::refresh) == 2);
    CHECK(worker.metric("autosignin_sessions_not_asked_total") == 1);
    CHECK(letters(worker) == 0);
    look_for_secrets(scene, worker, {alice, bob}, 3);
    CHECK(worker.stop() == 0);
}
