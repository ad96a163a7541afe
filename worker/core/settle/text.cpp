#include "worker/core/settle/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace core {
namespace {

void append_digits(std::string& out, unsigned number, std::size_t width) {
    out.append(width, '0');
    for (auto at = out.rbegin(); number > 0 && width > 0; ++at, --width, number /= 10) {
        *at = static_cast<char>('0' + number % 10);
    }
}

unsigned char byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool continues(unsigned char byte) {
    return (byte & 0xC0U) == 0x80U;
}

// Length of the UTF-8 sequence that starts at `at` with a byte above 0x7F; 0 when there is none (RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const unsigned char lead = byte_at(text, at);
    const unsigned char second = byte_at(text, at + 1);
    if (lead < 0xC2 || lead > 0xF4 || !continues(second)) {
        return 0;
    }
    if (lead < 0xE0) {
        return 2;
    }
    const bool third = continues(byte_at(text, at + 2));
    if (lead < 0xF0) {
        const bool overlong = lead == 0xE0 && second < 0xA0;
        const bool surrogate = lead == 0xED && second > 0x9F;
        return third && !overlong && !surrogate ? 3 : 0;
    }
    const bool overlong = lead == 0xF0 && second < 0x90;
    const bool too_high = lead == 0xF4 && second > 0x8F;
    return third && continues(byte_at(text, at + 3)) && !overlong && !too_high ? 4 : 0;
}

bool plain(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte >= 0x20 && byte < 0x80 && letter != '"' && letter != '\\';
}

// True when all of eight letters are plain(): high bits collect what is not (Mycroft's zero-byte test).
bool eight_plain(const char* letters) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    std::uint64_t word = 0;
    std::memcpy(&word, letters, sizeof word);
    const auto below = [word](std::uint64_t byte) { return word - ones * byte; };
    const auto equal = [word](std::uint64_t byte) { return (word ^ ones * byte) - ones; };
    // Borrows can only make a plain letter look doubtful, never a doubtful one plain: plain() has the last
    // word.
    return ((word | below(0x20) | equal('"') | equal('\\')) & ones * 0x80) == 0;
}

std::size_t plain_run(std::string_view text, std::size_t from) {
    std::size_t at = from;
    while (at + 8 <= text.size() && eight_plain(text.data() + at)) {
        at += 8;
    }
    while (at < text.size() && plain(text[at])) {
        ++at;
    }
    return at - from;
}

void append_escaped(std::string& out, char letter) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
        out += '\\';
        out += letter;
    } else if (letter == '\n') {
        out += "\\n";
    } else {
        out += "\\u00";
        out += hex[byte >> 4U];
        out += hex[byte & 0xFU];
    }
}

}  // namespace

void append_rfc3339(std::string& out, common::WallTime time) {
    using namespace std::chrono;
    constexpr common::WallTime first{sys_days{year{0} / January / 1}};
    constexpr common::WallTime last =
        common::WallTime{sys_days{year{9999} / December / 31}} + days{1} - milliseconds{1};
    time = std::clamp(time, first, last);
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out += ':';
    append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
    out += '.';
    append_digits(out, static_cast<unsigned>(clock.subseconds().count()), 3);
    out += 'Z';
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t run = plain_run(text, at);
        out.append(text, at, run);
        at += run;
        if (at == text.size()) {
            break;
        }
        if (byte_at(text, at) < 0x80) {
            append_escaped(out, text[at]);
            ++at;
        } else if (const std::size_t length = sequence_length(text, at); length > 0) {
            out.append(text, at, length);
            at += length;
        } else {
            out += "\xEF\xBF\xBD";
            ++at;
        }
    }
    out += '"';
}

}  // namespace core
