#include "worker/adapters/admin/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "worker/core/settle/text.hpp"

namespace admin {

std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char letter : text) {
        switch (letter) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            case '\'':
                safe += "&#39;";
                break;
            default:
                safe += letter;
        }
    }
    return safe;
}

std::string span_text(common::Duration span) {
    using namespace std::chrono;
    const double fraction = std::max(0.0, common::seconds(span));
    const auto all = static_cast<long long>(fraction);
    constexpr long long minute = 60;
    constexpr long long hour = 60 * minute;
    constexpr long long day = 24 * hour;
    if (fraction < 10) {
        return fmt::format("{:.1f} s", fraction);
    }
    if (all < minute) {
        return fmt::format("{} s", all);
    }
    if (all < hour) {
        return fmt::format("{} min {} s", all / minute, all % minute);
    }
    if (all < day) {
        return fmt::format("{} h {} min", all / hour, all % hour / minute);
    }
    return fmt::format("{} d {} h", all / day, all % day / hour);
}

std::string time_text(common::WallTime time) {
    std::string text;
    core::append_rfc3339(text, std::chrono::floor<std::chrono::seconds>(time));
    // 2026-01-02T03:04:05.000Z or without the fraction
    return text.size() < 19 ? text : text.substr(0, 10) + " " + text.substr(11, 8) + " UTC";
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string table_html(const Table& table) {
    const std::string caption = escaped(table.caption);
    std::string html = fmt::format(
        "<div class=\"wide\" role=\"region\" aria-label=\"{0}\" "
        "tabindex=\"0\"><table><caption>{0}</caption><thead><tr>",
        caption);
    for (const std::string_view column : table.columns) {
        html += fmt::format("<th scope=\"col\">{}</th>", escaped(column));
    }
    html += "</tr></thead><tbody>\n";
    for (const std::vector<std::string>& row : table.rows) {
        html += "<tr>";
        for (std::size_t at = 0; at < row.size(); ++at) {
            html += at == 0 ? fmt::format("<th scope=\"row\">{}</th>", row[at])
                            : fmt::format("<td>{}</td>", row[at]);
        }
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

}  // namespace admin
