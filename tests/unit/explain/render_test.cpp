// What people and programs read, letter by letter.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/examples.hpp"
#include "tests/unit/explain/a_config.hpp"
#include "worker/app/explain/explain.hpp"
#include "worker/app/explain/render.hpp"

namespace {

using explain_test::a_config;
constexpr const char* update =
    R"~({"specversion":"1.0","id":"6e1f-1","source":"/accounts","type":"account.password-changed.v1",)~"
    R"~("subject":"account-7f3a","time":"2026-11-20T09:15:00Z","data":{"app":"streaming",)~"
    R"~("sign_in_tokens":[{"value":"älter","replacement":"new"},{"value":"b"}]}})~";

constexpr const char* wanted = R"~(
{
  "explained": "events/3/4711", "valid": true, "problems": [],
  "event": {"id": "6e1f-1", "source": "/accounts", "type": "account.password-changed.v1",
            "subject": "account-7f3a", "time": "2026-11-20T09:15:00.000Z", "app": "streaming"},
  "key_is_subject": false, "lane": "account-7f3a", "deadline": "2026-11-20T09:16:00.000Z",
  "commands": [
    {"action": "update", "pointer": "/data/sign_in_tokens/0", "ended_before": false, "request": {
      "method": "POST", "url": "https://api.storekit.itunes.apple.com/account/v1/autoSignIn/update",
      "path": "/account/v1/autoSignIn/update",
      "headers": {"content-type": "application/json",
                  "authorization": "Bearer •••• (ES256, kid 2X9R4HXF34, bid com.example.tv)"},
      "body": {"existingAutoSignInTokenValue": "•••• (5 characters)",
               "newAutoSignInTokenValue": "•••• (3 characters)"}}},
    {"action": "delete", "pointer": "/data/sign_in_tokens/1", "ended_before": false, "request": {
      "method": "POST", "url": "https://api.storekit.itunes.apple.com/account/v1/autoSignIn/delete",
      "path": "/account/v1/autoSignIn/delete",
      "headers": {"content-type": "application/json",
                  "authorization": "Bearer •••• (ES256, kid 2X9R4HXF34, bid com.example.tv)"},
      "body": {"autoSignInTokenValue": "•••• (1 character)"}}}],
  "now": [],
  "notes": ["The Kafka key is not the subject. The event is carried out, but not certainly in order with others of this account."]
})~";

}  // namespace

TEST_CASE("a valid event for people") {
    const app::Config config = a_config();
    CHECK(
        app::explain::text("event.json", app::explain::explained(tests::example_record(update), &config)) ==
        R"~(event.json: valid

  event     account.password-changed.v1, id '6e1f-1' of '/accounts'
  app       'streaming'
  lane      account 'account-7f3a', one command at a time, in the order of the log
  happened  2026-11-20T09:15:00.000Z
  deadline  2026-11-20T09:16:00.000Z, 60 s later

2 commands, in this order

  1. update sign_in_tokens/0
     POST https://api.storekit.itunes.apple.com/account/v1/autoSignIn/update
     content-type: application/json
     authorization: Bearer •••• (ES256, kid 2X9R4HXF34, bid com.example.tv)
     {"existingAutoSignInTokenValue":"•••• (5 characters)","newAutoSignInTokenValue":"•••• (3 characters)"}

  2. delete sign_in_tokens/1
     POST https://api.storekit.itunes.apple.com/account/v1/autoSignIn/delete
     content-type: application/json
     authorization: Bearer •••• (ES256, kid 2X9R4HXF34, bid com.example.tv)
     {"autoSignInTokenValue":"•••• (1 character)"}

Nothing was sent.
)~");
}

TEST_CASE("an invalid event for people") {
    const app::Config config = a_config();
    core::Record record;
    record.value =
        R"~({"specversion":"1.0","id":"1","type":"account.deleted.v1","subject":"a","time":"now",)~"
        R"~("data":{"app":"tv","sign_in_tokens":[{"value":"x","replacement":"y"}]}})~";
    CHECK(
        app::explain::text("-", app::explain::explained(record, &config)) ==
        R"~(-: invalid, 4 problems. The worker would store a dead letter (reason invalid, code missing_member).

  /source                             missing_member          is missing
  /time                               bad_time                is not an RFC 3339 date and time with an offset
  /data/app                           unknown_app             names no app of the worker's configuration
  /data/sign_in_tokens/0/replacement  unexpected_replacement  is given, but this event removes every token

Nothing was sent.
)~");
}

TEST_CASE("an outsider's text does not command the terminal") {
    core::Record record = tests::example_record(update);
    const std::string subject = "\x1b[2J\x07";
    nlohmann::json event = nlohmann::json::parse(*record.value);
    event["subject"] = subject;
    record.value = event.dump();
    const std::string shown = app::explain::text("x", app::explain::explained(record, nullptr));
    CHECK(shown.find('\x1b') == std::string::npos);
    CHECK(shown.find('\x07') == std::string::npos);
    CHECK(shown.find("'\\x1b[2J\\x07'") != std::string::npos);
}

TEST_CASE("a valid event for programs") {
    const app::Config config = a_config();
    core::Record record = tests::example_record(update);
    record.key = "another";
    const auto document =
        nlohmann::json::parse(app::explain::json("events/3/4711", app::explain::explained(record, &config)));
    CHECK(document == nlohmann::json::parse(wanted));
}
