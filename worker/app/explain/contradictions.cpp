#include "worker/app/explain/contradictions.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "worker/core/event/data.hpp"
#include "worker/core/event/invalid_codes.hpp"

namespace app::explain {

namespace {

using nlohmann::json;

struct Text {
    std::size_t token = 0;
    std::string_view text;
};

// The strings called `name` in the tokens.
std::vector<Text> texts(const json& tokens, const char* name) {
    std::vector<Text> found;
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        if (!tokens[at].is_object()) {
            continue;
        }
        const auto member = tokens[at].find(name);
        if (member != tokens[at].end() && member->is_string() &&
            !member->get_ref<const std::string&>().empty()) {
            found.push_back({at, member->get_ref<const std::string&>()});
        }
    }
    return found;
}

Problem problem(core::InvalidCode code, std::size_t token, const char* member, std::string_view what) {
    std::string pointer = fmt::format("/data/sign_in_tokens/{}/{}", token, member);
    std::string sentence = fmt::format("{} {}", pointer, what);
    return {code.code, std::move(pointer), std::move(sentence)};
}

bool keeps_no_token(std::optional<core::EventType> type) {
    return type == core::EventType::opted_out || type == core::EventType::deleted ||
           type == core::EventType::notification;
}

bool signs_out_everywhere(const json& data, std::optional<core::EventType> type) {
    const auto flag = data.find("sign_out_everywhere");
    return type == core::EventType::password_changed && flag != data.end() && *flag == true;
}

}  // namespace

std::vector<Problem> contradictions(const json& data, std::optional<core::EventType> type) {
    std::vector<Problem> problems;
    if ((type && !core::names_sign_in_tokens(*type)) || !data.is_object() ||
        !data.contains("sign_in_tokens") || !data["sign_in_tokens"].is_array()) {
        return problems;
    }
    const json& tokens = data["sign_in_tokens"];
    const std::vector<Text> values = texts(tokens, "value");
    const std::vector<Text> replacements = texts(tokens, "replacement");
    std::set<std::string_view> new_values;
    for (const Text& replacement : replacements) {
        if (keeps_no_token(type)) {
            problems.push_back(problem(
                core::invalid::unexpected_replacement, replacement.token, "replacement",
                "is given, but this event removes every token"));
        } else if (signs_out_everywhere(data, type)) {
            problems.push_back(problem(
                core::invalid::signed_out_with_replacement, replacement.token, "replacement",
                "is given, but /data/sign_out_everywhere is true"));
        }
        if (replacement.text != replacements.front().text) {
            problems.push_back(problem(
                core::invalid::different_replacements, replacement.token, "replacement",
                "differs from an earlier token's replacement"));
        }
        new_values.insert(replacement.text);
    }
    std::map<std::string_view, std::size_t> first_with;
    for (const Text& value : values) {
        if (new_values.count(value.text) != 0) {
            problems.push_back(problem(
                core::invalid::value_is_replacement, value.token, "value",
                "is also a replacement in this event"));
        }
        const auto [earlier, first] = first_with.emplace(value.text, value.token);
        if (!first) {
            problems.push_back(problem(
                core::invalid::repeated_value, value.token, "value",
                fmt::format("repeats the value of token {}", earlier->second)));
        }
    }
    return problems;
}

}  // namespace app::explain
