#include "worker/app/explain/structured_form.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/utf8.hpp"
#include "worker/core/event/envelope.hpp"

namespace app::explain {

namespace {

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

}  // namespace

std::optional<nlohmann::json> structured_form(const core::Record& record) {
    if (!record.value || !common::is_utf8(*record.value)) {
        return std::nullopt;
    }
    nlohmann::json value = nlohmann::json::parse(*record.value, nullptr, false);
    if (value.is_discarded()) {
        return std::nullopt;
    }
    if (core::mode_of(record.headers) == core::Mode::structured) {
        return value.is_object() ? std::optional{std::move(value)} : std::nullopt;
    }
    constexpr std::string_view prefix = "ce_";
    nlohmann::json form = nlohmann::json::object();
    for (const core::Header& header : record.headers) {
        const std::string name = lower_case(header.name);
        if (!header.value || !common::is_utf8(*header.value)) {
            continue;
        }
        if (name.starts_with(prefix)) {
            form.emplace(name.substr(prefix.size()), *header.value);
        } else if (name == "content-type") {
            form.emplace("datacontenttype", *header.value);
        }
    }
    form["data"] = std::move(value);
    return form;
}

}  // namespace app::explain
