#include "worker/core/letters/given_names.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/utf8.hpp"
#include "worker/core/event/envelope.hpp"
#include "worker/core/letters/json_members.hpp"

namespace core {
namespace {

using nlohmann::json;

std::string name_in(const json* member) {
    return shown_name(text_in(member));
}

bool is_type_header(std::string_view name) {
    constexpr std::string_view header = "ce_type";
    return std::equal(name.begin(), name.end(), header.begin(), header.end(), [](char left, char right) {
        return (left >= 'A' && left <= 'Z' ? static_cast<char>(left - 'A' + 'a') : left) == right;
    });
}

}  // namespace

std::string shown_name(std::string_view name) {
    constexpr std::size_t bytes_max = 64;
    std::string shown;
    while (!name.empty()) {
        const common::Utf8Character next = common::first_character(name);
        const bool control = next.code < 0x20 || (next.code >= 0x7f && next.code < 0xa0);
        const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
        const std::string_view shown_as =
            next.bytes == 0 || control ? std::string_view{"?"} : name.substr(0, bytes);
        if (shown.size() + shown_as.size() > bytes_max) {
            break;
        }
        shown += shown_as;
        name.remove_prefix(bytes);
    }
    return shown;
}

GivenNames names_given(const Record& record) {
    // Nothing is copied out of the document: hostile ones are nested deeper than a copy can go.
    const json document = record.value ? json::parse(*record.value, nullptr, false) : json{};
    GivenNames names;
    if (mode_of(record.headers) == Mode::structured) {
        names.type = name_in(member_of(&document, "type"));
        names.app = name_in(member_of(member_of(&document, "data"), "app"));
        return names;
    }
    names.app = name_in(member_of(&document, "app"));
    for (const Header& header : record.headers) {
        if (header.value && is_type_header(header.name)) {
            names.type = shown_name(*header.value);
        }
    }
    return names;
}

}  // namespace core
