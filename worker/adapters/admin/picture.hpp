// A small picture of a number over the last minutes: inline SVG, with its figures in words below it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"

namespace admin {

struct Point {
    common::Instant at{};
    double value = 0;
};

struct Subject {
    std::string_view title;
    std::string_view unit{};  // behind a number: "/s"
    bool seconds = false;     // the number is a span of time
};

// A <figure>. Needs two points to draw a line; with fewer it says so.
[[nodiscard]] std::string picture(const Subject& subject, const std::vector<Point>& points);

}  // namespace admin
