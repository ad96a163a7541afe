// Audit records: as the examples show them, by their schema, with a digest that anybody can compute again.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "worker/app/dead_letters/audit.hpp"
#include "worker/app/version.hpp"

namespace {

using app::dead_letters::Audit;
using app::dead_letters::audit_record;
using app::dead_letters::Digest;
using nlohmann::json;

json file(const std::string& path) {
    std::ifstream stream{std::string{AUTOSIGNIN_SOURCE_DIR "/schemas/"} + path};
    REQUIRE(stream.is_open());
    return json::parse(stream);
}

bool valid(const json& document) {
    const json text = file("autosignin.dead-letters.audited.v1.schema.json");
    valijson::Schema schema;
    valijson::SchemaParser{}.populateSchema(valijson::adapters::NlohmannJsonAdapter{text}, schema);
    const valijson::adapters::NlohmannJsonAdapter target{document};
    return valijson::Validator{}.validate(schema, target, nullptr);
}

Audit replay_ended() {
    Digest digest;
    digest.add({{"account-events.dead-letters", 3}, core::Offset{41}});
    digest.add({{"account-events.dead-letters", 3}, core::Offset{42}});
    Audit audit;
    audit.id = "autosignin-worker.replay/1769850307042";
    audit.action = "replay";
    audit.phase = "ended";
    audit.by = "anna@ops-1";
    audit.why = "the app is configured now";
    audit.group = "autosignin-worker";
    audit.filter = "code=unknown_app";
    audit.letters = 2;
    audit.digest = digest.text();
    audit.result = "2 of 2 sent: 2 executed";
    return audit;
}

Audit discard_begun() {
    Audit audit = replay_ended();
    audit.action = "discard";
    audit.phase = "begun";
    audit.by = "anna";
    audit.why = "sent anew";
    audit.filter = "event=e-17";
    audit.superseded_by = "e-18";
    audit.result.clear();
    return audit;
}

json written(const Audit& audit) {
    const core::OutgoingRecord record =
        audit_record("receipts", audit, common::WallTime{std::chrono::milliseconds{1'769'850'307'042}});
    CHECK(record.topic == "receipts");
    CHECK(record.key == "autosignin-worker");
    CHECK(record.headers == core::Headers{{"content-type", "application/cloudevents+json"}});
    return json::parse(record.value.value_or(""));
}

}  // namespace

TEST_CASE("audit records are what the examples show, and keep to their schema") {
    struct Row {
        const char* because;
        Audit audit;
        const char* example;
    };
    const Row rows[] = {
        {"a replay that ended", replay_ended(), "examples/audit/replay-ended.json"},
        {"a discard about to begin", discard_begun(), "examples/audit/discard-begun.json"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            json example = file(row.example);
            example["data"]["worker_version"] = app::version();
            CHECK(written(row.audit) == example);
            CHECK(valid(example));
        }
    }
}

TEST_CASE("an audit record holds whatever was typed, and is still one") {
    Audit audit = discard_begun();
    audit.why = "\"}\n\x1b[2J\xff\xc3\xa4";
    audit.by = audit.why;
    const json record = written(audit);
    CHECK(valid(record));
    CHECK(record["data"]["why"] == "\"}\n\x1b[2J\xef\xbf\xbd\xc3\xa4");
    audit = replay_ended();
    audit.why.clear();  // a replay needs no reason
    CHECK(valid(written(audit)));
    CHECK_FALSE(written(audit)["data"].contains("why"));
}

TEST_CASE("the audit records' schema bites") {
    const json good = file("examples/audit/discard-begun.json");
    REQUIRE(valid(good));
    const json patches[] = {
        {{"type", "other"}},
        {{"data", {{"action", "edit"}}}},
        {{"data", {{"phase", "ended"}}}},
        {{"data", {{"why", nullptr}}}},
        {{"data", {{"digest", "abc"}}}},
        {{"data", {{"letters", -1}}}},
        {{"data", {{"result", "x"}}}},
        {{"subject", ""}},
        {{"id", "x"}},
    };
    for (const json& patch : patches) {
        CAPTURE(patch.dump());
        json bad = good;
        bad.merge_patch(patch);
        CHECK_FALSE(valid(bad));
    }
}

TEST_CASE("the digest is sha256sum of the positions, one a line") {
    Digest digest;
    CHECK(digest.text() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest.add({{"account-events.dead-letters", 3}, core::Offset{41}});
    const std::string one = digest.text();
    CHECK(one == digest.text());  // asking changes nothing
    const Digest copy{digest};
    digest.add({{"account-events.dead-letters", 3}, core::Offset{42}});
    CHECK(copy.text() == one);
    CHECK(digest.text() == file("examples/audit/replay-ended.json")["data"]["digest"]);
}
