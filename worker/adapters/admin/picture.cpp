#include "worker/adapters/admin/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "worker/adapters/admin/html.hpp"

namespace admin {
namespace {

constexpr double width = 300;
constexpr double height = 64;

std::string number(const Subject& subject, double value) {
    if (subject.seconds) {
        return value > 0 ? span_text(std::chrono::duration_cast<common::Duration>(
                               std::chrono::duration<double>{value}))
                         : "none";
    }
    return value < 10 && value != std::floor(value) ? fmt::format("{:.1f}", value)
                                                    : fmt::format("{:.0f}", value);
}

}  // namespace

std::string picture(const Subject& subject, const std::vector<Point>& points) {
    const std::string title = escaped(subject.title);
    if (points.size() < 2) {
        return fmt::format(
            "<figure><figcaption><strong>{}</strong> No picture yet: the worker has just started."
            "</figcaption></figure>\n",
            title);
    }
    const double span = common::seconds(points.back().at - points.front().at);
    const double most =
        std::max_element(points.begin(), points.end(), [](const Point& left, const Point& right) {
            return left.value < right.value;
        })->value;
    std::string line;
    for (const Point& point : points) {
        const double x = span > 0 ? common::seconds(point.at - points.front().at) / span * width : width;
        const double y = most > 0 ? height - std::max(0.0, point.value) / most * (height - 4) : height;
        line += fmt::format("{}{:.1f},{:.1f}", line.empty() ? "" : " ", x, y);
    }
    const std::string words = fmt::format(
        "lately {0}{2}, at most {1}{2} in the last {3}", number(subject, points.back().value),
        number(subject, most), escaped(subject.unit), span_text(points.back().at - points.front().at));
    return fmt::format(
        "<figure><figcaption><strong>{0}</strong> {1}</figcaption>"
        "<svg viewBox=\"0 0 {2:.0f} {3:.0f}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{0}: "
        "{1}\">"
        "<polygon points=\"0,{3:.0f} {4} {2:.0f},{3:.0f}\"/><polyline points=\"{4}\"/></svg></figure>\n",
        title, words, width, height, line);
}

}  // namespace admin
