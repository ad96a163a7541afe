#include "worker/sim/identity/form.hpp"

#include <algorithm>
#include <set>

#include "common/form.hpp"

namespace sim {
namespace {

int hex_digit(char letter) {
    constexpr std::string_view lower = "0123456789abcdef";
    constexpr std::string_view upper = "0123456789ABCDEF";
    auto at = lower.find(letter);
    at = at == std::string_view::npos ? upper.find(letter) : at;
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool must_be_encoded(char letter) {
    constexpr std::string_view others = R"("<>\^`{|})";
    const auto byte = static_cast<unsigned char>(letter);
    return byte <= ' ' || byte >= 0x7f || others.find(letter) != std::string_view::npos;
}

}  // namespace

Form::Form(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const std::string_view field = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (field.empty()) {
            continue;
        }
        const auto equals = std::min(field.find('='), field.size());
        std::string name = decoded(field.substr(0, equals));
        fields_.emplace_back(std::move(name), decoded(field.substr(std::min(equals + 1, field.size()))));
    }
}

std::string Form::decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char letter = text[at];
        if (letter == '%') {
            const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
            const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0) {
                malformed_ = true;
                continue;
            }
            out += static_cast<char>(high * 16 + low);
            at += 2;
        } else {
            malformed_ = malformed_ || must_be_encoded(letter);
            out += letter == '+' ? ' ' : letter;
        }
    }
    return out;
}

bool Form::repeated() const {
    std::set<std::string_view> seen;
    return std::any_of(
        fields_.begin(), fields_.end(), [&](const auto& field) { return !seen.insert(field.first).second; });
}

const std::string* Form::find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
        if (key == name) {
            return value.empty() ? nullptr : &value;
        }
    }
    return nullptr;
}

std::string Form::value_or_empty(std::string_view name) const {
    const std::string* value = find(name);
    return value == nullptr ? std::string{} : *value;
}

std::string form_text(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        common::append_form_field(out, name, value);
    }
    return out;
}

}  // namespace sim
