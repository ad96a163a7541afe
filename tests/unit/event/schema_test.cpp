// Decoder and schemas are written by hand, twice, so this proves that they agree: on every example, and on
// thousands of seeded mutations of the valid ones.
#include <doctest/doctest.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "common/prng.hpp"
#include "tests/support/examples.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/event/schemas.hpp"

namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// What JSON Schema cannot say: bytes instead of characters, rules across the items of a list, the worker's
// configuration, whatever is gone once a document is parsed, and leap years.
const std::set<std::string_view> only_the_decoder_knows{
    core::invalid::tombstone.code,      core::invalid::empty_value.code,
    core::invalid::not_utf8.code,       core::invalid::not_json.code,
    core::invalid::too_deep.code,       core::invalid::duplicate_member.code,
    core::invalid::unknown_app.code,    core::invalid::value_is_replacement.code,
    core::invalid::repeated_value.code, core::invalid::different_replacements.code,
    core::invalid::too_long.code,       core::invalid::bad_time.code,
    core::invalid::unknown_client.code,
};

class Schemas {
public:
    Schemas() {
        for (const core::Schema& schema : core::schemas()) {
            const json document = json::parse(schema.text);
            valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
            parser.populateSchema(NlohmannJsonAdapter{document}, parsed_[std::string{schema.type}]);
        }
    }

    // By the schema of its own type; an event of no known type is refused by all.
    [[nodiscard]] bool accepts(const json& event) const {
        if (!event.is_object() || !event.contains("type") || !event["type"].is_string()) {
            return false;
        }
        const auto schema = parsed_.find(event["type"].get<std::string>());
        valijson::Validator validator{valijson::Validator::kStrongTypes};
        return schema != parsed_.end() &&
               validator.validate(schema->second, NlohmannJsonAdapter{event}, nullptr);
    }

private:
    std::map<std::string, valijson::Schema> parsed_;
};

// Pointers to everything inside `value`, itself included.
void collect(const json& value, const json::json_pointer& here, std::vector<json::json_pointer>& out) {
    out.push_back(here);
    if (value.is_object()) {
        for (const auto& [name, child] : value.items()) {
            collect(child, here / name, out);
        }
    } else if (value.is_array()) {
        for (std::size_t at = 0; at < value.size(); ++at) {
            collect(value[at], here / at, out);
        }
    }
}

template <class Range>
const auto& one_of(const Range& range, common::Prng& prng) {
    return range[static_cast<std::size_t>(prng.below(std::size(range)))];
}

const json& odd_value(common::Prng& prng) {
    static const std::array<json, 14> values{
        json{nullptr},
        json{true},
        json{5},
        json{-2.5},
        json{""},
        json{"x"},
        json{"account.deleted.v1"},
        json{"2026-11-31T00:00:00Z"},
        json{"2026-11-20T24:00:00Z"},
        json::object(),
        json::array(),
        json::array({json::object({{"value", "t"}})}),
        json{std::string(1025, 'a')},
        json{"1.0"}};
    return one_of(values, prng);
}

void erase_at(json& event, const json::json_pointer& at) {
    json& parent = event[at.parent_pointer()];
    if (parent.is_array()) {
        parent.erase(static_cast<std::size_t>(std::stoul(at.back())));
    } else {
        parent.erase(at.back());
    }
}

void mutate(json& event, common::Prng& prng) {
    std::vector<json::json_pointer> places;
    collect(event, json::json_pointer{}, places);
    const json::json_pointer at = one_of(places, prng);
    if (at.empty()) {
        return;
    }
    switch (prng.below(6)) {
        case 0:
            erase_at(event, at);
            break;
        case 1:
            event[at] = odd_value(prng);
            break;
        case 2: {  // a value from elsewhere in the event
            const json other = event[one_of(places, prng)];
            event[at] = other;
            break;
        }
        case 3:
            if (event[at].is_array() && !event[at].empty()) {
                const json item = one_of(event[at], prng);
                event[at].push_back(item);
            }
            break;
        case 4:
            if (event[at].is_object()) {
                static const std::array names{
                    "replacement", "sign_out_everywhere", "sign_in_with_apple", "app",         "stranger",
                    "payload",     "client_id",           "refresh_token",      "access_token"};
                event[at][one_of(names, prng)] = odd_value(prng);
            }
            break;
        default: {
            const auto type = core::type_name(one_of(core::event_types, prng));
            event["type"] = std::string{type};
        }
    }
}

void check_agreement(const Schemas& schemas, const json& event, bool& accepted) {
    const auto decoded = core::decode(tests::example_record(event.dump()), tests::example_rules());
    const std::string verdict = tests::verdict(decoded);
    accepted = verdict == "valid";
    if (!only_the_decoder_knows.contains(verdict)) {
        CAPTURE(verdict);
        CAPTURE(event.dump());
        CHECK(schemas.accepts(event) == accepted);
    }
}

}  // namespace

TEST_CASE("there is a schema for every event type") {
    std::set<std::string_view> types;
    for (const core::Schema& schema : core::schemas()) {
        types.insert(schema.type);
    }
    for (const core::EventType type : core::event_types) {
        CHECK(types.contains(core::type_name(type)));
    }
}

TEST_CASE("the schema accepts every valid example") {
    const Schemas schemas;
    for (const auto& example : tests::valid_examples()) {
        CAPTURE(example.name);
        CHECK(schemas.accepts(json::parse(example.text)));
    }
}

TEST_CASE("the schema refuses every invalid example whose rule it can express") {
    const Schemas schemas;
    for (const auto& example : tests::invalid_examples()) {
        if (!only_the_decoder_knows.contains(example.code)) {
            CAPTURE(example.name);
            CHECK_FALSE(schemas.accepts(json::parse(example.text)));
        }
    }
}

TEST_CASE("the schema knows every bad time of the examples but a leap day of a common year") {
    const Schemas schemas;
    for (const auto& example : tests::invalid_examples()) {
        if (example.code == core::invalid::bad_time.code) {
            CAPTURE(example.name);
            const json event = json::parse(example.text);
            const bool leap_day = event["time"].get<std::string>().find("-02-29") != std::string::npos;
            CHECK(schemas.accepts(event) == leap_day);
        }
    }
}

TEST_CASE("decoder and schema agree on mutations of the valid examples") {
    const Schemas schemas;
    const auto examples = tests::valid_examples();
    std::size_t accepted_total = 0;
#ifdef AUTOSIGNIN_SANITIZED
    constexpr std::uint64_t rounds = 200;  // valijson is a hundred times slower there
#else
    constexpr std::uint64_t rounds = 4000;
#endif
    for (std::uint64_t seed = 0; seed < rounds; ++seed) {
        CAPTURE(seed);
        common::Prng prng{seed};
        json event = json::parse(one_of(examples, prng).text);
        for (std::uint64_t left = 1 + prng.below(3); left > 0; --left) {
            mutate(event, prng);
        }
        bool accepted = false;
        check_agreement(schemas, event, accepted);
        accepted_total += accepted ? 1 : 0;
    }
    // The mutations must reach both sides, or the agreement says little.
    CHECK(accepted_total > rounds / 10);
    CHECK(accepted_total < rounds * 9 / 10);
}
