#include "worker/adapters/log/render.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>

#include "worker/adapters/log/escape.hpp"

namespace log_lines {
namespace {

constexpr std::size_t message_bytes_max = 2048;
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t value_bytes_max = 512;
// Names, quotes, commas and brackets around one field, generously.
constexpr std::size_t field_bytes_max = name_bytes_max + value_bytes_max + 16;
constexpr std::size_t ending_bytes = 48;

std::string timestamp(common::WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format(
        "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
        (time - second).count());
}

std::string_view colour(core::Severity severity) {
    switch (severity) {
        case core::Severity::debug:
            return "\x1b[2m";
        case core::Severity::info:
            return "\x1b[32m";
        case core::Severity::warning:
            return "\x1b[33m";
        case core::Severity::error:
            return "\x1b[31m";
    }
    return "";
}

bool room_for_a_field(const std::string& text) {
    return text.size() + field_bytes_max + ending_bytes <= line_bytes_max;
}

std::string as_json(const core::Say& line, common::WallTime time) {
    std::string text;
    text.reserve(512);
    fmt::format_to(
        std::back_inserter(text), R"({{"time":"{}","level":"{}","event":")", timestamp(time),
        severity_name(line.severity));
    append_escaped(text, line.event, Style::json, name_bytes_max);
    text += R"(","message":")";
    append_escaped(text, line.message, Style::json, message_bytes_max);
    text += R"(","fields":{)";
    bool first = true;
    for (const auto& [name, value] : line.fields) {
        text += first ? "" : ",";
        first = false;
        if (!room_for_a_field(text)) {
            text += R"("fields_left_out":true)";
            break;
        }
        text += '"';
        append_escaped(text, name, Style::json, name_bytes_max);
        text += R"(":")";
        append_escaped(text, value, Style::json, value_bytes_max);
        text += '"';
    }
    text += "}}\n";
    return text;
}

std::string as_text(const core::Say& line, common::WallTime time, bool coloured) {
    std::string text = timestamp(time);
    fmt::format_to(
        std::back_inserter(text), " {}{:<7}{} ", coloured ? colour(line.severity) : "",
        severity_name(line.severity), coloured ? "\x1b[0m" : "");
    append_escaped(text, line.event, Style::plain, name_bytes_max);
    text += ": ";
    append_escaped(text, line.message, Style::plain, message_bytes_max);
    std::string_view before = " [";
    for (const auto& [name, value] : line.fields) {
        text += before;
        before = " ";
        if (!room_for_a_field(text)) {
            text += "…";
            break;
        }
        append_escaped(text, name, Style::plain, name_bytes_max);
        text += '=';
        append_escaped(text, value, Style::plain, value_bytes_max);
    }
    text += line.fields.empty() ? "\n" : "]\n";
    return text;
}

}  // namespace

std::string_view severity_name(core::Severity severity) noexcept {
    switch (severity) {
        case core::Severity::debug:
            return "debug";
        case core::Severity::info:
            return "info";
        case core::Severity::warning:
            return "warning";
        case core::Severity::error:
            return "error";
    }
    return "unknown";
}

std::string render(const core::Say& line, common::WallTime time, Format format, bool coloured) {
    return format == Format::json ? as_json(line, time) : as_text(line, time, coloured);
}

}  // namespace log_lines
