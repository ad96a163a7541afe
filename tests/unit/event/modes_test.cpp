// Both Kafka modes of one event say the same: same event, or same problem at the same place.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/examples.hpp"

namespace {

using nlohmann::json;

// Binary mode can carry an example when its attributes are strings; none when it cannot.
std::optional<core::Record> in_binary_mode(const std::string& text) {
    const json event = json::parse(text, nullptr, false);
    if (!event.is_object() || !event.contains("data")) {
        return std::nullopt;
    }
    core::Record record = tests::example_record(event["data"].dump());
    for (const auto& [name, value] : event.items()) {
        if (name == "data" || value.is_null()) {
            continue;
        }
        if (!value.is_string()) {
            return std::nullopt;
        }
        const bool content_type = name == "datacontenttype";
        record.headers.push_back({content_type ? "content-type" : "ce_" + name, value.get<std::string>()});
    }
    return record;
}

void check_same(const core::Decoded& left, const core::Decoded& right) {
    REQUIRE(tests::verdict(left) == tests::verdict(right));
    if (const auto* invalid = std::get_if<core::Invalid>(&left)) {
        const auto& other = std::get<core::Invalid>(right);
        CHECK(invalid->pointer == other.pointer);
        CHECK(invalid->sentence == other.sentence);
        CHECK(invalid->envelope.id == other.envelope.id);
        CHECK(invalid->envelope.source == other.envelope.source);
        CHECK(invalid->envelope.subject == other.envelope.subject);
        CHECK(invalid->envelope.traceparent == other.envelope.traceparent);
        CHECK(invalid->envelope.type == other.envelope.type);
        CHECK(invalid->envelope.time == other.envelope.time);
        return;
    }
    const auto& event = std::get<core::Event>(left);
    const auto& other = std::get<core::Event>(right);
    CHECK(event.id == other.id);
    CHECK(event.source == other.source);
    CHECK(event.subject == other.subject);
    CHECK(event.traceparent == other.traceparent);
    CHECK(event.type == other.type);
    CHECK(event.time == other.time);
    CHECK(event.app == other.app);
    CHECK((event.sign_in_tokens == other.sign_in_tokens));
    CHECK(event.key_is_subject == other.key_is_subject);
}

}  // namespace

TEST_CASE("structured and binary mode decode to the same") {
    auto examples = tests::valid_examples();
    for (auto& example : tests::invalid_examples()) {
        // What a parsed document no longer shows is not an example of this property.
        if (example.code != "duplicate_member" && example.code != "too_deep") {
            examples.push_back(std::move(example));
        }
    }
    std::size_t compared = 0;
    for (const auto& example : examples) {
        CAPTURE(example.name);
        if (const auto binary = in_binary_mode(example.text)) {
            const auto rules = tests::example_rules();
            check_same(
                core::decode(tests::example_record(example.text), rules), core::decode(*binary, rules));
            ++compared;
        }
    }
    CHECK(compared > examples.size() / 2);
}
