#include <doctest/doctest.h>

#include <set>

#include "tests/support/examples.hpp"
#include "worker/core/event/invalid_codes.hpp"

TEST_CASE("every example in valid/ decodes") {
    const auto examples = tests::valid_examples();
    REQUIRE_FALSE(examples.empty());
    for (const auto& example : examples) {
        CAPTURE(example.name);
        const auto decoded = core::decode(tests::example_record(example.text), tests::example_rules());
        CHECK(tests::verdict(decoded) == "valid");
    }
}

TEST_CASE("every example in invalid/ fails with the code its name begins with") {
    const auto examples = tests::invalid_examples();
    REQUIRE_FALSE(examples.empty());
    for (const auto& example : examples) {
        CAPTURE(example.name);
        const auto decoded = core::decode(tests::example_record(example.text), tests::example_rules());
        CHECK(tests::verdict(decoded) == example.code);
    }
}

TEST_CASE("every code has an example, but for the one that no file can show") {
    std::set<std::string> shown{std::string{core::invalid::tombstone.code}};
    for (const auto& example : tests::invalid_examples()) {
        shown.insert(example.code);
    }
    std::set<std::string> listed;
    for (const auto& code : core::invalid_codes) {
        CHECK(listed.insert(std::string{code.code}).second);
        CHECK_FALSE(code.meaning.empty());
    }
    CHECK(shown == listed);
}

TEST_CASE("an invalid event says nothing that its payload says") {
    // Every example's values, tokens above all, are made of these words.
    for (const auto& example : tests::invalid_examples()) {
        CAPTURE(example.name);
        const auto decoded = core::decode(tests::example_record(example.text), tests::example_rules());
        const auto& invalid = std::get<core::Invalid>(decoded);
        for (const char* value :
             {"example", "account-7f3a", "streeming", "/accounts", "yesterday", "ttt", "xml"}) {
            CAPTURE(std::string{value});
            CHECK(invalid.sentence.find(value) == std::string::npos);
            CHECK(invalid.pointer.find(value) == std::string::npos);
        }
        CHECK_FALSE(invalid.sentence.empty());
    }
}
