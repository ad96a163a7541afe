#include "worker/core/event/text.hpp"

#include <algorithm>
#include <cstddef>

namespace core {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool ends_ignoring_case(std::string_view text, std::string_view end) noexcept {
    return text.size() >= end.size() && same_ignoring_case(text.substr(text.size() - end.size()), end);
}

// Takes characters from the front; after a mismatch everything fails.
class Cursor {
public:
    explicit Cursor(std::string_view text) noexcept : rest_{text} {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] char front() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

    int number(std::size_t digits, int low, int high) noexcept {
        if (rest_.size() < digits) {
            good_ = false;
            return low;
        }
        int value = 0;
        for (const char c : rest_.substr(0, digits)) {
            good_ = good_ && is_digit(c);
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(digits);
        good_ = good_ && value >= low && value <= high;
        return value;
    }

    // One of the characters of `allowed`; returns it.
    char one_of(std::string_view allowed) noexcept {
        const char c = front();
        if (rest_.empty() || allowed.find(c) == std::string_view::npos) {
            good_ = false;
            return '\0';
        }
        rest_.remove_prefix(1);
        return c;
    }

    // The digits of a fraction as milliseconds.
    int fraction() noexcept {
        int value = 0;
        std::size_t digits = 0;
        for (; is_digit(front()); ++digits) {
            if (digits < 3) {
                value = value * 10 + (front() - '0');
            }
            rest_.remove_prefix(1);
        }
        good_ = good_ && digits > 0;
        for (; digits < 3; ++digits) {
            value *= 10;
        }
        return value;
    }

private:
    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

bool same_ignoring_case(std::string_view left, std::string_view right) noexcept {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return lower(a) == lower(b);
    });
}

std::optional<common::WallTime> parse_rfc3339(std::string_view text) noexcept {
    if (text.size() > 64) {
        return std::nullopt;
    }
    Cursor at{text};
    const int year = at.number(4, 0, 9999);
    at.one_of("-");
    const int month = at.number(2, 1, 12);
    at.one_of("-");
    const int day = at.number(2, 1, 31);
    at.one_of("Tt");
    const int hour = at.number(2, 0, 23);
    at.one_of(":");
    const int minute = at.number(2, 0, 59);
    at.one_of(":");
    const int second = at.number(2, 0, 60);
    int milliseconds = 0;
    if (at.front() == '.') {
        at.one_of(".");
        milliseconds = at.fraction();
    }
    std::chrono::minutes offset{0};
    if (const char sign = at.one_of("Zz+-"); sign == '+' || sign == '-') {
        offset = std::chrono::hours{at.number(2, 0, 23)};
        at.one_of(":");
        offset += std::chrono::minutes{at.number(2, 0, 59)};
        offset = sign == '-' ? -offset : offset;
    }
    const std::chrono::year_month_day date{
        std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}};
    if (!at.good() || !at.at_end() || !date.ok()) {
        return std::nullopt;
    }
    return common::WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second} +
           std::chrono::milliseconds{milliseconds} - offset;
}

bool is_traceparent(std::string_view text) noexcept {
    constexpr std::string_view shape = "vv-tttttttttttttttttttttttttttttttt-pppppppppppppppp-ff";
    if (text.size() != shape.size() || text.substr(0, 2) == "ff") {
        return false;
    }
    for (std::size_t at = 0; at < shape.size(); ++at) {
        const char c = text[at];
        const bool hex = is_digit(c) || (c >= 'a' && c <= 'f');
        if (shape[at] == '-' ? c != '-' : !hex) {
            return false;
        }
    }
    const auto zero = [](std::string_view hex) {
        return hex.find_first_not_of('0') == std::string_view::npos;
    };
    return !zero(text.substr(3, 32)) && !zero(text.substr(36, 16));
}

std::string_view media_type(std::string_view content_type) noexcept {
    content_type = content_type.substr(0, content_type.find(';'));
    const std::size_t first = content_type.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return content_type.substr(first, content_type.find_last_not_of(" \t") - first + 1);
}

bool is_json_media_type(std::string_view content_type) noexcept {
    const std::string_view type = media_type(content_type);
    return ends_ignoring_case(type, "/json") || ends_ignoring_case(type, "+json");
}

}  // namespace core
