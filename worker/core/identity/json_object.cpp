#include "worker/core/identity/json_object.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace core {
namespace {

using nlohmann::json;

constexpr std::size_t texts_max = 20;
constexpr std::int64_t seconds_max = 253'402'300'799;        // the end of the year 9999
constexpr std::int64_t milliseconds_from = 100'000'000'000;  // in seconds the year 5138, in milliseconds 1973

bool is_text(const json& value, std::size_t bytes_max) {
    if (!value.is_string()) {
        return false;
    }
    const auto& text = value.get_ref<const std::string&>();
    return !text.empty() && text.size() <= bytes_max;
}

}  // namespace

std::optional<json> json_object(std::string_view text) {
    bool acceptable = true;
    std::vector<std::set<std::string>> names;  // of the objects around the present place
    const auto watch = [&](int /*depth*/, json::parse_event_t event, json& parsed) {
        // What is refused need not be kept; the parser no longer tells the ends of what it drops.
        if (!acceptable) {
            return false;
        }
        switch (event) {
            case json::parse_event_t::object_start:
            case json::parse_event_t::array_start:
                names.emplace_back();
                acceptable = names.size() <= json_nesting_max;
                break;
            case json::parse_event_t::object_end:
            case json::parse_event_t::array_end:
                names.pop_back();
                break;
            case json::parse_event_t::key:
                acceptable = names.back().insert(parsed.get<std::string>()).second;
                break;
            case json::parse_event_t::value:
                break;
        }
        return acceptable;
    };
    json document = json::parse(text.begin(), text.end(), watch, false);
    if (!acceptable || !document.is_object()) {
        return std::nullopt;
    }
    return document;
}

const json* MemberReader::find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void MemberReader::complain(std::string sentence) {
    if (!complaint_) {
        complaint_ = std::move(sentence);
    }
}

void MemberReader::require(const char* name) {
    if (find(name) == nullptr) {
        complain(fmt::format("there is no {}", name));
    }
}

std::optional<std::string> MemberReader::text(const char* name, std::size_t bytes_max) {
    const json* const value = find(name);
    if (value == nullptr || complaint_) {
        return std::nullopt;
    }
    if (!is_text(*value, bytes_max)) {
        complain(fmt::format("{} is not a text of 1 to {} bytes", name, bytes_max));
        return std::nullopt;
    }
    return value->get<std::string>();
}

std::string MemberReader::required_text(const char* name, std::size_t bytes_max) {
    require(name);
    return text(name, bytes_max).value_or("");
}

std::optional<std::int64_t> MemberReader::number(const char* name) {
    const json* const value = find(name);
    if (value == nullptr || complaint_) {
        return std::nullopt;
    }
    const bool too_large =
        value->is_number_unsigned() &&
        value->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!value->is_number_integer() || too_large) {
        complain(fmt::format("{} is not a whole number", name));
        return std::nullopt;
    }
    return value->get<std::int64_t>();
}

std::optional<common::WallTime> MemberReader::time(const char* name, bool or_milliseconds) {
    const auto value = number(name);
    if (!value) {
        return std::nullopt;
    }
    const bool in_milliseconds = or_milliseconds && *value > milliseconds_from;
    if (*value < 0 || *value > (in_milliseconds ? seconds_max * 1000 : seconds_max)) {
        complain(fmt::format("{} is not a time", name));
        return std::nullopt;
    }
    return common::WallTime{std::chrono::milliseconds{in_milliseconds ? *value : *value * 1000}};
}

std::optional<bool> MemberReader::flag(const char* name) {
    const json* const value = find(name);
    if (value == nullptr || complaint_) {
        return std::nullopt;
    }
    if (value->is_boolean()) {
        return value->get<bool>();
    }
    for (const bool each : {true, false}) {
        if (value->is_string() && value->get_ref<const std::string&>() == (each ? "true" : "false")) {
            return each;
        }
    }
    complain(fmt::format("{} is neither true nor false", name));
    return std::nullopt;
}

std::vector<std::string> MemberReader::texts(const char* name) {
    const json* const value = find(name);
    if (value == nullptr || complaint_) {
        return {};
    }
    if (is_text(*value, claim_bytes_max)) {
        return {value->get<std::string>()};
    }
    bool acceptable = value->is_array() && !value->empty() && value->size() <= texts_max;
    for (std::size_t at = 0; acceptable && at < value->size(); ++at) {
        acceptable = is_text((*value)[at], claim_bytes_max);
    }
    if (!acceptable) {
        complain(fmt::format("{} is neither a text nor a list of 1 to {} texts", name, texts_max));
        return {};
    }
    return value->get<std::vector<std::string>>();
}

}  // namespace core
