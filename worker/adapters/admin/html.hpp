// Words of the status page: texts that are safe in HTML, spans and times as people write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"

namespace admin {

// As text or as an attribute's value in quotes.
[[nodiscard]] std::string escaped(std::string_view text);

// "0.4 s", "45 s", "12 min 3 s", "3 h 10 min", "2 d 4 h": two units at most, never below zero.
[[nodiscard]] std::string span_text(common::Duration span);

// "2026-01-02 03:04:05 UTC"
[[nodiscard]] std::string time_text(common::WallTime time);

// "1 partition", "2 partitions"
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);

// Cells are HTML already. The first one of a row names it.
struct Table {
    std::string_view caption;
    std::vector<std::string_view> columns;
    std::vector<std::vector<std::string>> rows{};
};
// In a region of its own that scrolls where the screen is narrower than the table.
[[nodiscard]] std::string table_html(const Table& table);

}  // namespace admin
