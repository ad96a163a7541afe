#include "worker/core/event/decode.hpp"

#include <doctest/doctest.h>

#include "common/prng.hpp"
#include "tests/support/examples.hpp"
#include "worker/core/event/invalid_codes.hpp"

namespace {

using tests::example_record;
using tests::verdict;

core::Decoded decode(const core::Record& record) {
    return core::decode(record, tests::example_rules());
}

std::string event(const std::string& data, const std::string& type = "account.password-changed.v1") {
    return R"({"specversion":"1.0","id":"e-1","source":"/accounts","type":")" + type +
           R"(","subject":"account-7f3a","time":"2026-11-20T09:15:00.250Z","data":)" + data + "}";
}

const std::string update_data =
    R"({"app":"streaming","sign_in_tokens":[{"value":"one","replacement":"two"}]})";

std::string repeat(std::string_view text, std::size_t times) {
    std::string made;
    for (; times > 0; --times) {
        made += text;
    }
    return made;
}

core::Record binary_record(std::string data) {
    core::Record record = example_record(std::move(data));
    record.headers = {
        {"ce_specversion", "1.0"},
        {"ce_id", "e-1"},
        {"ce_source", "/accounts"},
        {"ce_type", "account.password-changed.v1"},
        {"ce_subject", "account-7f3a"},
        {"ce_time", "2026-11-20T09:15:00.250Z"},
        {"content-type", "application/json"},
    };
    return record;
}

const char* const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const char* const other_traceparent = "00-11111111111111111111111111111111-2222222222222222-00";

}  // namespace

TEST_CASE("an event carries what the record says") {
    core::Record record = example_record(event(update_data));
    record.headers = {{"content-type", "application/cloudevents+json; charset=UTF-8"}};
    const auto decoded = decode(record);
    REQUIRE(verdict(decoded) == "valid");
    const auto& got = std::get<core::Event>(decoded);
    CHECK(got.id == "e-1");
    CHECK(got.source == "/accounts");
    CHECK(got.subject == "account-7f3a");
    CHECK(got.traceparent.empty());
    CHECK(got.type == core::EventType::password_changed);
    CHECK(got.time.time_since_epoch().count() == 1795166100250);
    CHECK(got.app == core::AppId{0});
    CHECK(got.key_is_subject);
    REQUIRE(got.sign_in_tokens.size() == 1);
    CHECK(got.sign_in_tokens[0].value.expose() == "one");
    CHECK(got.sign_in_tokens[0].replacement->expose() == "two");
}

TEST_CASE("tokens keep their order") {
    const auto decoded = decode(example_record(event(
        R"({"sign_in_tokens":[{"value":"c"},{"value":"a"},{"value":"b"}],"app":"streaming"})",
        "account.deleted.v1")));
    REQUIRE(verdict(decoded) == "valid");
    std::string order;
    for (const auto& token : std::get<core::Event>(decoded).sign_in_tokens) {
        order += token.value.expose();
    }
    CHECK(order == "cab");
}

TEST_CASE("the key is compared with the subject") {
    core::Record record = example_record(event(update_data));
    record.key = "another";
    CHECK_FALSE(std::get<core::Event>(decode(record)).key_is_subject);
    record.key.reset();
    CHECK_FALSE(std::get<core::Event>(decode(record)).key_is_subject);
}

TEST_CASE("a configured alias is another name of an event type") {
    core::DecodeRules rules = tests::example_rules();
    rules.type_aliases.emplace("com.example.optedOut", core::EventType::opted_out);
    const core::Record record =
        example_record(event(R"({"app":"streaming","sign_in_tokens":[]})", "com.example.optedOut"));
    const auto decoded = core::decode(record, rules);
    REQUIRE(verdict(decoded) == "valid");
    CHECK(std::get<core::Event>(decoded).type == core::EventType::opted_out);
    CHECK(verdict(decode(record)) == "unknown_type");
}

TEST_CASE("the first problem is named, whatever the order of members") {
    struct Row {
        const char* because;
        std::string value;
        std::string code;
        std::string pointer;
    };
    const Row rows[] = {
        {"attributes come before data", R"({"data":7,"specversion":"1.0"})", "missing_member", "/id"},
        {"a token is named by its index",
         event(R"({"app":"streaming","sign_in_tokens":[{"value":"a"},{"value":1}]})"), "wrong_type",
         "/data/sign_in_tokens/1/value"},
        {"types come before contradictions",
         event(
             R"({"app":"streaming","sign_in_tokens":[{"value":"a","replacement":"a"},{"value":"b","replacement":5}]})"),
         "wrong_type", "/data/sign_in_tokens/1/replacement"},
        {"the repeated one is named, not the first",
         event(R"({"app":"streaming","sign_in_tokens":[{"value":"a"},{"value":"b"},{"value":"a"}]})"),
         "repeated_value", "/data/sign_in_tokens/2/value"},
        {"a repeated member is named although its first value is fine",
         event(R"({"app":"streaming","app":"streaming","sign_in_tokens":[]})"), "duplicate_member",
         "/data/app"},
        {"a repeated member that nobody reads passes",
         event(R"({"app":"streaming","sign_in_tokens":[],"x":1,"x":[2]})"), "valid", ""},
        {"an empty object lacks everything, its version first", "{}", "missing_member", "/specversion"},
        {"a list in a list is not a list of tokens",
         event(R"({"app":"streaming","sign_in_tokens":[[{"value":"a"}]]})"), "wrong_type",
         "/data/sign_in_tokens/0"},
        {"an inner object cannot pass as the event",
         R"({"x":{"specversion":"1.0","id":"1","data":{"app":"streaming"}}})", "missing_member",
         "/specversion"},
        {"names inside unknown members mean nothing",
         event(
             R"({"x":[{"value":5,"app":7}],"app":"streaming","sign_in_tokens":[{"y":{"value":1},"value":"a"}]})"),
         "valid", ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto decoded = decode(example_record(row.value));
            CHECK(verdict(decoded) == row.code);
            if (const auto* invalid = std::get_if<core::Invalid>(&decoded)) {
                CHECK(invalid->pointer == row.pointer);
            }
        }
    }
}

TEST_CASE("hostile values end in a code, at once") {
    struct Row {
        const char* because;
        std::optional<std::string> value;
        std::string code;
    };
    const auto nested = [](std::size_t depth) { return repeat("[", depth) + repeat("]", depth); };
    std::string noise;
    common::Prng prng{7};
    while (noise.size() < (std::size_t{1} << 20U)) {
        noise += static_cast<char>(prng.below(256));
    }
    const Row rows[] = {
        {"a tombstone", std::nullopt, "tombstone"},
        {"no bytes", "", "empty_value"},
        {"1 MiB of noise", noise, "not_utf8"},
        {"1 MiB of spaces", std::string(std::size_t{1} << 20U, ' '), "not_json"},
        {"1 MiB of one open string", "\"" + std::string(std::size_t{1} << 20U, 'a'), "not_json"},
        {"10,000 arrays", nested(10'000), "too_deep"},
        {"10,000 objects", repeat("{\"data\":", 10'000), "too_deep"},
        {"64 levels are read", event(R"({"app":"streaming","sign_in_tokens":[],"x":)" + nested(62) + "}"),
         "valid"},
        {"65 are not", event(R"({"app":"streaming","sign_in_tokens":[],"x":)" + nested(63) + "}"),
         "too_deep"},
        {"a NUL byte", std::string("\0{}", 3), "not_json"},
        {"a byte order mark passes", "\xEF\xBB\xBF" + event(update_data), "valid"},
        {"Confluent's magic byte", std::string("\0\0\0\0\1{}", 7), "not_json"},
        {"a number too large for a double", "{\"x\":1e999}", "not_json"},
        {"an overlong slash", "{\"x\":\"\xC0\xAF\"}", "not_utf8"},
        {"100,000 tokens", event(R"({"app":"streaming","sign_in_tokens":[0)" + repeat(",0", 100'000) + "]}"),
         "too_many"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            core::Record record;
            record.value = row.value;
            CHECK(verdict(decode(record)) == row.code);
        }
    }
}

TEST_CASE("the envelope of an invalid event holds what could be read") {
    SUBCASE("everything, when only the data is wrong") {
        const auto decoded = decode(example_record(event(R"({"app":"streaming","sign_in_tokens":7})")));
        const auto& got = std::get<core::Invalid>(decoded).envelope;
        CHECK(got.id == "e-1");
        CHECK(got.source == "/accounts");
        CHECK(got.subject == "account-7f3a");
        CHECK(got.type == core::EventType::password_changed);
        CHECK(got.time.has_value());
    }
    SUBCASE("what came before the text broke off") {
        const auto decoded =
            decode(example_record(R"({"id":"e-2","time":"2026-11-20T09:15:00Z","subject":"half)"));
        const auto& got = std::get<core::Invalid>(decoded).envelope;
        CHECK(got.id == "e-2");
        CHECK(got.time.has_value());
        CHECK(got.subject.empty());
        CHECK_FALSE(got.type.has_value());
    }
    SUBCASE("nothing that is ambiguous, empty or over its bound") {
        const auto decoded = decode(example_record(
            R"({"id":"a","id":"b","subject":"","source":")" + std::string(1025, 's') + R"("})"));
        const auto& got = std::get<core::Invalid>(decoded).envelope;
        CHECK(got.id.empty());
        CHECK(got.subject.empty());
        CHECK(got.source.empty());
    }
    SUBCASE("the headers of a tombstone") {
        core::Record record = binary_record("");
        record.value.reset();
        const auto decoded = decode(record);
        CHECK(verdict(decoded) == "tombstone");
        CHECK(std::get<core::Invalid>(decoded).envelope.id == "e-1");
    }
}

TEST_CASE("binary mode: headers are the attributes") {
    core::Record record = binary_record(update_data);
    const auto set = [&](const std::string& name, std::optional<std::string> value) {
        for (auto& header : record.headers) {
            if (header.name == name) {
                header.value = std::move(value);
                return;
            }
        }
        record.headers.push_back({name, std::move(value)});
    };
    SUBCASE("a whole event") {
        CHECK(verdict(decode(record)) == "valid");
    }
    SUBCASE("names are compared without case") {
        for (auto& header : record.headers) {
            header.name[0] = static_cast<char>(header.name[0] - 'a' + 'A');
        }
        record.headers[1].name = "CE_ID";
        CHECK(verdict(decode(record)) == "valid");
    }
    SUBCASE("a header without a value is absent") {
        set("ce_subject", std::nullopt);
        CHECK(verdict(decode(record)) == "missing_member");
        CHECK(std::get<core::Invalid>(decode(record)).pointer == "/subject");
    }
    SUBCASE("a repeated header is a contradiction") {
        record.headers.push_back({"CE_id", "e-2"});
        CHECK(verdict(decode(record)) == "duplicate_member");
    }
    SUBCASE("a header that is not UTF-8") {
        set("ce_subject", "Zo\xEB");
        CHECK(verdict(decode(record)) == "not_utf8");
        CHECK(std::get<core::Invalid>(decode(record)).pointer == "/subject");
    }
    SUBCASE("the data must be JSON, by its content type") {
        set("content-type", "application/avro");
        CHECK(verdict(decode(record)) == "unsupported_content_type");
    }
    SUBCASE("a content type may be absent") {
        set("content-type", std::nullopt);
        CHECK(verdict(decode(record)) == "valid");
    }
    SUBCASE("the value is the data and has its pointer") {
        record.value = "[1]";
        CHECK(verdict(decode(record)) == "wrong_type");
        CHECK(std::get<core::Invalid>(decode(record)).pointer == "/data");
    }
    SUBCASE("attributes in the value mean nothing") {
        set("ce_id", std::nullopt);
        record.value = event(update_data);
        CHECK(verdict(decode(record)) == "missing_member");
    }
}

TEST_CASE("structured mode: the content type decides, then the absence of ce_ headers") {
    core::Record record = example_record(event(update_data));
    SUBCASE("ce_ headers next to a structured content type are ignored") {
        record.headers = {{"Content-Type", "Application/CloudEvents+JSON"}, {"ce_id", "e-9"}};
        CHECK(std::get<core::Event>(decode(record)).id == "e-1");
    }
    SUBCASE("plain JSON without ce_ headers is tried") {
        record.headers = {{"content-type", "application/json"}};
        CHECK(verdict(decode(record)) == "valid");
    }
    SUBCASE("a batch is not an event") {
        record.headers = {{"content-type", "application/cloudevents-batch+json"}};
        CHECK(verdict(decode(record)) == "unsupported_content_type");
    }
    SUBCASE("nor is another format") {
        record.headers = {{"content-type", "application/cloudevents+protobuf"}};
        CHECK(verdict(decode(record)) == "unsupported_content_type");
    }
}

TEST_CASE("a trace is kept when it is well-formed") {
    core::Record record = binary_record(update_data);
    const auto trace = [&] { return std::get<core::Event>(decode(record)).traceparent; };
    SUBCASE("from the attribute") {
        record.headers.push_back({"ce_traceparent", traceparent});
        CHECK(trace() == traceparent);
    }
    SUBCASE("from Kafka's header") {
        record.headers.push_back({"traceparent", traceparent});
        CHECK(trace() == traceparent);
    }
    SUBCASE("the attribute, when both are there") {
        record.headers.push_back({"traceparent", other_traceparent});
        record.headers.push_back({"ce_traceparent", traceparent});
        CHECK(trace() == traceparent);
    }
    SUBCASE("the header, when the attribute is malformed") {
        record.headers.push_back({"ce_traceparent", "nonsense"});
        record.headers.push_back({"traceparent", other_traceparent});
        CHECK(trace() == other_traceparent);
    }
    SUBCASE("malformed ones are dropped") {
        record.headers.push_back({"traceparent", "00-0-0-0"});
        CHECK(trace().empty());
    }
}
