// The program that the contract offers to the account system, owed.py, as people copy it out of the document.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/integration/transport_folder.hpp"
#include "tests/kafka/child.hpp"

namespace {

using nlohmann::json;

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string schemas(const std::string& path) {
    return text_of(std::string{AUTOSIGNIN_SOURCE_DIR "/schemas/"} + path);
}

json receipt(const std::string& example) {
    return json::parse(schemas("examples/receipts/" + example + ".json"));
}

// What owed.py prints when it is given these records.
std::string owed(const std::vector<json>& records) {
    const std::string document = schemas("README.md");
    const std::size_t begin = document.find("# owed.py");
    REQUIRE(begin != std::string::npos);
    const transport_test::Folder folder;
    const std::string program = folder.path() / "owed.py";
    const std::string input = folder.path() / "receipts";
    const std::string output = folder.path() / "output";
    std::ofstream{program} << document.substr(begin, document.find("```", begin) - begin);
    std::ofstream lines{input};
    for (const json& record : records) {
        lines << record.dump() << "\n";
    }
    lines.close();
    lane::Child reader{
        {.arguments = {"/usr/bin/python3", program},
         .environment = {"PATH=/usr/bin:/bin"},
         .input_file = input,
         .output_file = output}};
    const auto code = reader.wait(std::chrono::seconds{20});
    CHECK_MESSAGE(code == 0, text_of(output));
    return text_of(output);
}

}  // namespace

TEST_CASE("owed.py: what ended well is not owed, what did not is, and a later receipt counts") {
    const json dead = receipt("dead-lettered");
    json replayed = dead;
    replayed["data"]["outcome"] = "executed";
    replayed["data"].erase("reason");
    // A record without an id, replayed in vain, and what became of it then.
    const json unreadable = receipt("invalid-event");
    json in_vain = unreadable;
    in_vain["id"] = "account-events/3/9000";
    in_vain["data"]["position"]["offset"] = 9000;
    in_vain["data"]["origin"] = "account-events/3/4713";
    in_vain["data"]["replay"] = {{"of", "account-events.dead-letters/3/42"}, {"count", 1}};
    json given_up = in_vain;
    given_up["id"] = "account-events.dead-letters/3/77";
    given_up["data"]["position"] = {
        {"topic", "account-events.dead-letters"}, {"partition", 3}, {"offset", 77}};
    given_up["data"]["outcome"] = "discarded";
    json readable = in_vain;
    readable["data"]["event"] = {{"id", "e-9"}};
    readable["data"]["command"] = {{"index", 0}};
    readable["data"]["outcome"] = "executed";
    struct Row {
        const char* because;
        std::vector<json> records;
        const char* says;
    };
    const Row rows[] = {
        {"every good end",
         {receipt("executed"), receipt("probably-executed"), receipt("already-so"), receipt("not-found"),
          receipt("nothing-to-do"), receipt("replayed")},
         ""},
        {"a dead letter", {dead}, "dead_lettered 400 e-2 0\n"},
        {"told twice", {dead, dead}, "dead_lettered 400 e-2 0\n"},
        {"executed after a replay", {dead, replayed}, ""},
        {"given up by a person", {receipt("discarded")}, "discarded 400 e-1 1\n"},
        {"never read", {receipt("invalid-event")}, "dead_lettered not_json account-events/3/4713 \n"},
        // It once counted anew for every replay, and a discard left it owed.
        {"never read, and replayed in vain",
         {unreadable, in_vain},
         "dead_lettered not_json account-events/3/4713 \n"},
        {"never read, and given up",
         {unreadable, in_vain, given_up},
         "discarded not_json account-events/3/4713 \n"},
        {"read at last, by a newer worker", {unreadable, in_vain, readable}, ""},
        {"audit records beside it",
         {json::parse(schemas("examples/audit/replay-ended.json")), dead},
         "dead_lettered 400 e-2 0\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(owed(row.records) == row.says);
        }
    }
}
