#include "tests/simulation/revoke_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <sstream>

namespace simulation {

namespace {

// Below this nobody cares: a turn of the loop more or less.
constexpr double always_allowed_s = 0.002;

constexpr std::string_view head =
    "# Seconds of virtual time from an event to the moment in which Apple executed the last of its "
    "commands.\n"
    "# Measured on the shipped engine; a row may move by the percentages of `may-move`, up or down.\n"
    "# Written anew, on purpose, by: build/release/tests/simulation/time_to_revoke --write\n";

RevokeRow row_of(std::string_view scenario, std::string_view events, std::vector<common::Duration> times) {
    // The smallest value that is not exceeded by this share of all.
    constexpr std::array shares{0.5, 0.9, 0.99, 0.999, 1.0};
    RevokeRow row{std::string{scenario}, std::string{events}, times.size(), {}};
    std::sort(times.begin(), times.end());
    for (std::size_t column = 0; column < shares.size(); ++column) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(shares[column] * static_cast<double>(times.size())));
        row.seconds[column] = common::seconds(times[std::max<std::size_t>(rank, 1) - 1]);
    }
    return row;
}

// account.password-changed.v1 -> password-changed
std::string_view short_name(core::EventType type) {
    const std::string_view name = core::type_name(type);
    return name.substr(name.find('.') + 1, name.rfind('.') - name.find('.') - 1);
}

void write_line(
    std::string& text, std::string_view scenario, std::string_view events, std::string_view count) {
    fmt::format_to(std::back_inserter(text), "{:<16} {:<17} {:>8}", scenario, events, count);
}

const RevokeRow* find(const std::vector<RevokeRow>& rows, const RevokeRow& like) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const RevokeRow& row) {
        return row.scenario == like.scenario && row.events == like.events;
    });
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::vector<RevokeRow> rows_of(const RevokeScenario& scenario, const RevokeTimes& times) {
    const auto select = [&](auto wanted) {
        std::vector<common::Duration> chosen;
        for (std::size_t event = 0; event < times.events.size(); ++event) {
            if (wanted(times.events[event])) {
                chosen.push_back(times.until_revoked[event]);
            }
        }
        return chosen;
    };
    std::vector<RevokeRow> rows;
    const auto add = [&](std::string_view events, std::vector<common::Duration> chosen) {
        if (!chosen.empty()) {
            rows.push_back(row_of(scenario.name, events, std::move(chosen)));
        }
    };
    add("all", select([](const TimedEvent&) { return true; }));
    for (const core::EventType type : core::event_types) {
        add(short_name(type), select([=](const TimedEvent& event) { return event.type == type; }));
    }
    if (scenario.backlog > 0) {
        add("live", select([](const TimedEvent& event) { return !event.backlog; }));
    }
    return rows;
}

std::string written(const RevokeTable& table) {
    std::string text{head};
    write_line(text, "# scenario", "events of", "count");
    for (const std::string_view name : quantile_names) {
        fmt::format_to(std::back_inserter(text), " {:>9}", name);
    }
    text += '\n';
    write_line(text, "may-move", "%", "0");
    for (const double percent : table.may_move) {
        fmt::format_to(std::back_inserter(text), " {:>9.0f}", percent);
    }
    text += '\n';
    for (const RevokeRow& row : table.rows) {
        write_line(text, row.scenario, row.events, fmt::to_string(row.count));
        for (const double seconds : row.seconds) {
            fmt::format_to(std::back_inserter(text), " {:>9.3f}", seconds);
        }
        text += '\n';
    }
    return text;
}

std::optional<RevokeTable> read_table(std::string_view text) {
    RevokeTable table;
    bool tolerances = false;
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.front() == '#') {
            continue;
        }
        std::istringstream fields{line};
        RevokeRow row;
        fields >> row.scenario >> row.events >> row.count;
        for (double& seconds : row.seconds) {
            fields >> seconds;
        }
        if (!fields) {
            return std::nullopt;
        }
        if (row.scenario == "may-move") {
            table.may_move = row.seconds;
            tolerances = true;
        } else {
            table.rows.push_back(std::move(row));
        }
    }
    return tolerances ? std::optional{std::move(table)} : std::nullopt;
}

std::vector<std::string> moved(const RevokeTable& expected, const std::vector<RevokeRow>& measured) {
    std::vector<std::string> lines;
    for (const RevokeRow& now : measured) {
        const RevokeRow* const before = find(expected.rows, now);
        if (before == nullptr) {
            lines.push_back(fmt::format("{} {} is not in the table", now.scenario, now.events));
            continue;
        }
        if (before->count != now.count) {
            lines.push_back(fmt::format(
                "{} {} has {} events, {} in the table", now.scenario, now.events, now.count, before->count));
        }
        for (std::size_t column = 0; column < quantile_names.size(); ++column) {
            const double was = before->seconds[column];
            const double is = now.seconds[column];
            const double allowed = std::max(always_allowed_s, was * expected.may_move[column] / 100);
            if (std::abs(is - was) > allowed) {
                lines.push_back(fmt::format(
                    "{} {} {} moved from {:.3f} s to {:.3f} s ({:.0f} % may)", now.scenario, now.events,
                    quantile_names[column], was, is, expected.may_move[column]));
            }
        }
    }
    for (const RevokeRow& before : expected.rows) {
        const bool ran = std::any_of(measured.begin(), measured.end(), [&](const RevokeRow& row) {
            return row.scenario == before.scenario;
        });
        if (ran && find(measured, before) == nullptr) {
            lines.push_back(fmt::format("{} {} was not measured", before.scenario, before.events));
        }
    }
    return lines;
}

}  // namespace simulation
