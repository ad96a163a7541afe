#include "worker/app/explain/schema_problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "common/invariant.hpp"
#include "worker/core/event/draft.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/event/schemas.hpp"

namespace app::explain {

namespace {

using nlohmann::json;
using Pointer = json::json_pointer;
using valijson::adapters::NlohmannJsonAdapter;

// What the validator's leaf errors begin with. The others ("Failed to validate item #0 in array") repeat a
// leaf on every level above it.
enum class Kind : std::uint8_t { type, missing, too_short, too_long, too_many, pattern, choice };
struct Start {
    std::string_view text;
    Kind kind;
};
constexpr Start starts[] = {
    {"Value type not permitted", Kind::type},           {"Missing required property '", Kind::missing},
    {"String should be no fewer", Kind::too_short},     {"String should be no more", Kind::too_long},
    {"Array should contain no more", Kind::too_many},   {"Failed to match regex", Kind::pattern},
    {"Failed to match against any enum", Kind::choice},
};

// <root>[data][sign_in_tokens][0]
Pointer pointer_of(const std::vector<std::string>& context) {
    Pointer pointer;
    for (const std::string& step : context) {
        if (step.size() >= 2 && step.front() == '[') {
            pointer /= step.substr(1, step.size() - 2);
        }
    }
    return pointer;
}

Problem problem(core::InvalidCode code, const Pointer& at, std::string_view what) {
    const std::string pointer = at.to_string();
    return {code.code, pointer, fmt::format("{} {}", pointer, what)};
}

// The value is a string that the schema's pattern or list of choices refuses.
Problem wrong_text(const Pointer& at, const std::string& text) {
    const std::string name = at.to_string();
    if (text.empty() && name != "/datacontenttype") {
        return problem(core::invalid::empty_string, at, "is an empty string");
    }
    if (text.size() > core::attribute_bytes_max) {
        return problem(
            core::invalid::too_long, at, fmt::format("has more than {} bytes", core::attribute_bytes_max));
    }
    if (name == "/specversion") {
        return problem(core::invalid::unsupported_specversion, at, "is not 1.0");
    }
    if (name == "/type") {
        return problem(
            core::invalid::unknown_type, at,
            "is neither an event type of this worker nor a configured alias");
    }
    if (name == "/time") {
        return problem(core::invalid::bad_time, at, "is not an RFC 3339 date and time with an offset");
    }
    return problem(core::invalid::unsupported_content_type, at, "is not a JSON media type");
}

std::optional<Problem> translated(const json& event, const valijson::ValidationResults::Error& error) {
    const auto* start = std::find_if(std::begin(starts), std::end(starts), [&](const Start& each) {
        return error.description.starts_with(each.text);
    });
    const Pointer at = pointer_of(error.context);
    if (start == std::end(starts)) {
        return std::nullopt;
    }
    const bool text = event.contains(at) && event.at(at).is_string();
    switch (start->kind) {
        case Kind::missing: {
            // The name is the schema's own.
            const std::string_view rest = std::string_view{error.description}.substr(start->text.size());
            const std::string_view name = rest.substr(0, rest.find('\''));
            if (name == "access_token") {
                return std::nullopt;  // one of two; the other is told
            }
            return problem(core::invalid::missing_member, at / std::string{name}, "is missing");
        }
        case Kind::too_short:
            return problem(core::invalid::empty_string, at, "is an empty string");
        case Kind::too_long:
            return at.to_string() == "/time" ? wrong_text(at, event.at(at).get<std::string>())
                                             : problem(core::invalid::too_long, at, "is too long");
        case Kind::too_many:
            return problem(
                core::invalid::too_many, at, fmt::format("holds more than {} items", core::items_max));
        case Kind::pattern:
        case Kind::choice:
            if (text) {
                return wrong_text(at, event.at(at).get<std::string>());
            }
            if (event.at(at).is_boolean()) {
                return std::nullopt;  // sign_out_everywhere with replacements: a contradiction
            }
            [[fallthrough]];
        case Kind::type:
            break;
    }
    return problem(core::invalid::wrong_type, at, "has another JSON type than the schema says");
}

// What the worker reads another way than the schema: an attribute that is null is as if it were not there.
json as_the_worker_reads(const json& event) {
    json copy = event;
    for (const char* name : {"specversion", "id", "source", "type", "subject", "time", "datacontenttype"}) {
        const auto attribute = copy.find(name);
        if (attribute != copy.end() && attribute->is_null()) {
            copy.erase(attribute);
        }
    }
    // The validator's patterns recurse once a character.
    const auto format = copy.find("datacontenttype");
    if (format != copy.end() && format->is_string() &&
        format->get_ref<const std::string&>().size() > core::attribute_bytes_max) {
        copy.erase(format);
    }
    return copy;
}

}  // namespace

std::vector<Problem> schema_problems(const json& event, std::string_view type) {
    const auto all = core::schemas();
    const auto schema =
        std::find_if(all.begin(), all.end(), [&](const core::Schema& each) { return each.type == type; });
    INVARIANT(schema != all.end(), "every event type has a schema");
    const json document = json::parse(schema->text);
    valijson::Schema parsed;
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.populateSchema(NlohmannJsonAdapter{document}, parsed);

    const json read = as_the_worker_reads(event);
    valijson::ValidationResults results;
    valijson::Validator validator{valijson::Validator::kStrongTypes};
    std::vector<Problem> problems;
    if (validator.validate(parsed, NlohmannJsonAdapter{read}, &results)) {
        return problems;
    }
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        auto found = translated(read, error);
        if (found && std::find(problems.begin(), problems.end(), *found) == problems.end()) {
            problems.push_back(std::move(*found));
        }
    }
    return problems;
}

}  // namespace app::explain
