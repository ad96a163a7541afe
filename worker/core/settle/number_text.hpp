// Numbers in headers, which anybody may have written.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace core {

// The whole text is one number without sign that fits; none otherwise.
template <class Number>
[[nodiscard]] std::optional<Number> read_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && text.front() != '-';
    return whole ? std::optional{number} : std::nullopt;
}

}  // namespace core
