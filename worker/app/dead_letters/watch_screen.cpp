#include "worker/app/dead_letters/watch_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "worker/app/dead_letters/texts.hpp"

namespace app::dead_letters {
namespace {

// That the text takes; long lines wrap. Characters of several bytes make it an upper bound.
std::size_t rows_of(std::string_view text, std::size_t columns) {
    std::size_t rows = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        rows += std::max<std::size_t>(1, (end + columns - 1) / columns);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return rows;
}

}  // namespace

std::string watch_screen(
    const Listing& listing, const ListOptions& options, common::Duration interval, const Screen& screen,
    common::WallTime now) {
    const TableParts parts = table_parts(listing, options, now);
    std::string text = fmt::format(
        "{}, looked at every {:g} s until Ctrl-C\n{}", time_text(now), common::seconds(interval), parts.head);
    constexpr std::size_t rest_bytes = 100;  // the line about what does not fit
    const std::size_t rest_rows = 1 + (rest_bytes + screen.columns - 1) / screen.columns;
    constexpr std::size_t cursor_rows = 1;
    std::size_t used = rows_of(text, screen.columns) + rest_rows + cursor_rows;
    std::size_t shown = 0;
    std::uint64_t letters = 0;
    for (const TableParts::Entry& entry : parts.entries) {
        used += rows_of(entry.text, screen.columns);
        if (screen.rows != 0 && used > screen.rows) {
            break;
        }
        text += entry.text;
        letters += entry.letters;
        ++shown;
    }
    if (letters < listing.letters) {
        text += fmt::format(
            "\n{} more dead letters{} do not fit: use `list`, or add a filter\n", listing.letters - letters,
            options.each || shown == parts.entries.size()
                ? ""
                : fmt::format(
                      " in {} group{}", parts.entries.size() - shown,
                      parts.entries.size() - shown == 1 ? "" : "s"));
    }
    return text;
}

}  // namespace app::dead_letters
