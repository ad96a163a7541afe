#include "tests/soak/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "tests/kafka/require.hpp"

namespace soak {

namespace {

constexpr double width = 900;
constexpr double height = 110;  // of a panel
constexpr double margin = 30;

std::string panel(const std::vector<double>& seconds, const Series& series, double top) {
    const double last = std::max(1.0, seconds.back());
    const double most = std::max(1e-9, *std::max_element(series.values.begin(), series.values.end()));
    std::string points;
    for (std::size_t at = 0; at < series.values.size(); ++at) {
        points += fmt::format(
            "{:.1f},{:.1f} ", margin + seconds[at] / last * width,
            top + height - series.values[at] / most * (height - margin));
    }
    return fmt::format(
        R"(<text x="{0}" y="{1:.0f}">{2}, at most {3:.6g}</text>)"
        R"(<line x1="{0}" y1="{4:.0f}" x2="{5:.0f}" y2="{4:.0f}" stroke="#999"/>)"
        R"(<polyline points="{6}" fill="none" stroke="#06c"/>)"
        "\n",
        margin, top + 14, series.name, most, top + height, margin + width, points);
}

}  // namespace

void write_chart(
    const std::filesystem::path& file, const std::vector<double>& seconds, const std::vector<Series>& all) {
    lane::require(!seconds.empty(), "there is nothing to draw");
    std::string text = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{:.0f}" height="{:.0f}" font-family="sans-serif")"
        R"( font-size="12"><rect width="100%" height="100%" fill="#fff"/>)"
        "\n",
        width + 2 * margin, static_cast<double>(all.size()) * (height + margin) + margin);
    double top = margin / 2;
    for (const Series& series : all) {
        text += panel(seconds, series, top);
        top += height + margin;
    }
    std::ofstream out{file};
    out << text << "</svg>\n";
    out.close();
    lane::require(static_cast<bool>(out), "cannot write " + file.string());
}

}  // namespace soak
