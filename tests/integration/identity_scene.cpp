#include "tests/integration/identity_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cli {

IdentityScene::IdentityScene() : Scene{sim::IdentityOptions{}} {
    apple().with_identity([](sim::AppleIdentity& identity, common::Now) {
        identity.notices().set_address(client_id, "https://accounts.example.com/apple");
    });
}

IdentityScene::Person IdentityScene::add_person(const std::string& account) {
    Person person{.account = account, .value = "value-of-" + account};
    apple().with_people([&](sim::People& people, common::Now now) {
        people.add_device({.name = account + "-phone", .account = account});
        people.add_device({.name = account + "-tv", .platform = sim::Platform::tvos, .account = account});
        const auto prompt = people.request_authorization(account + "-phone", shop, sim::SheetAnswer::approve);
        REQUIRE(prompt.context);
        REQUIRE(
            people.update_token(account + "-phone", shop, *prompt.context, person.value, now.steady) ==
            sim::StoreResult::stored);
    });
    apple().with_identity([&](sim::AppleIdentity& identity, common::Now) {
        identity.book().add_person({.account = account, .email = account + "@example.com"});
        identity.book().consent(account, client_id, {.email = true});
    });
    person.session = open_session(account);
    return person;
}

std::string IdentityScene::open_session(const std::string& account) {
    std::string token;
    apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
        const std::size_t session =
            identity.book().open_session({.account = account, .client_id = client_id, .started = now.steady});
        token = identity.book().sessions().at(session).refresh_token;
    });
    return token;
}

std::string IdentityScene::access_token_of(const std::string& refresh_token) {
    std::string token;
    apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
        const sim::KnownToken* known = identity.book().token(refresh_token);
        REQUIRE(known != nullptr);
        token = identity.book().add_access_token(known->session, now.steady);
    });
    return token;
}

void IdentityScene::emit(
    const std::string& type, const std::string& account, const std::string& data,
    std::chrono::seconds later) {
    core::Record record;
    record.key = account;
    record.value = fmt::format(
        R"({{"specversion":"1.0","id":"event-{}","source":"/accounts","type":"{}","subject":"{}",)"
        R"("time":"{:%FT%TZ}","data":{{"app":"tv",{}}}}})",
        ++events_, type, account,
        fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + later)), data);
    record.headers = {{"content-type", "application/cloudevents+json"}};
    produce({record});
}

std::string IdentityScene::tokens(const std::string& value) {
    return fmt::format(R"("sign_in_tokens":[{{"value":"{}"}}])", value);
}

std::string IdentityScene::sessions(const std::vector<std::string>& sessions, const std::string& member) {
    nlohmann::json list = nlohmann::json::array();
    for (const std::string& session : sessions) {
        list.push_back({{"client_id", client_id}, {member, session}});
    }
    return "\"sign_in_with_apple\":" + list.dump();
}

void IdentityScene::script_identity(std::vector<sim::Fault> faults) {
    apple().with_identity(
        [&](sim::AppleIdentity& identity, common::Now) { identity.script(std::move(faults)); });
}

sim::IdentityLedger IdentityScene::identity_ledger() {
    sim::IdentityLedger copy;
    apple().with_identity([&](sim::AppleIdentity& identity, common::Now) { copy = identity.ledger(); });
    return copy;
}

std::size_t IdentityScene::calls(sim::IdentityCall call) {
    const sim::IdentityLedger ledger = identity_ledger();
    return static_cast<std::size_t>(std::count_if(
        ledger.begin(), ledger.end(), [&](const sim::IdentityEntry& entry) { return entry.call == call; }));
}

bool IdentityScene::lives(const std::string& token) {
    bool lives = false;
    apple().with_identity(
        [&](sim::AppleIdentity& identity, common::Now now) { lives = identity.valid(token, now.steady); });
    return lives;
}

std::string IdentityScene::leftovers(const std::vector<Person>& people) {
    const sim::Ledger ledger = this->ledger();
    std::string found;
    apple().with_people([&](const sim::People& world, common::Now now) {
        std::vector<sim::Demand> demands;
        for (const Person& person : people) {
            demands.push_back(
                {.account = person.account,
                 .shop = shop,
                 .since = now.steady,
                 .gone = {person.value},
                 .closed = true});
        }
        for (const sim::Finding& finding : sim::leftovers(world, ledger, demands)) {
            found += sim::finding_text(finding) + '\n';
        }
    });
    return found;
}

std::string IdentityScene::next_notification() {
    std::string payload;
    apple().with_identity([&](sim::AppleIdentity& identity, common::Now now) {
        const auto due = identity.notices().due(now.steady);
        REQUIRE(due.size() == 1);
        payload = nlohmann::json::parse(due.front().body).at("payload");
        identity.notices().answered(due.front().id, 200, now.steady);
    });
    return payload;
}

std::vector<nlohmann::json> IdentityScene::receipts(std::size_t count) {
    std::vector<nlohmann::json> all;
    for (const core::Record& record : read(receipts_topic, count)) {
        all.push_back(nlohmann::json::parse(record.value.value_or("")).at("data"));
    }
    return all;
}

std::vector<std::string> IdentityScene::outcomes(std::size_t count) {
    std::vector<std::string> all;
    for (const nlohmann::json& receipt : receipts(count)) {
        std::string& one = all.emplace_back();
        one = receipt.contains("command") ? receipt.at("command").at("action").get<std::string>() + ' ' : "";
        one += receipt.at("outcome").get<std::string>();
        for (const char* more : {"session", "error_code"}) {
            one += receipt.contains(more) ? ' ' + receipt.at(more).get<std::string>() : "";
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::string IdentityScene::header(const core::Record& record, const std::string& name) {
    const auto found = std::find_if(
        record.headers.begin(), record.headers.end(),
        [&](const core::Header& one) { return one.name == name; });
    return found == record.headers.end() ? "" : found->value.value_or("");
}

}  // namespace cli
