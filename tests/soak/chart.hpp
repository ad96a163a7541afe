// A run as a picture: one SVG with a panel a series, for the eye that looks for a slope.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace soak {

struct Series {
    std::string name;  // with its unit
    std::vector<double> values{};
};

// `seconds`: when each value was taken, the same for all series. Error: lane::Failed.
void write_chart(
    const std::filesystem::path& file, const std::vector<double>& seconds, const std::vector<Series>& all);

}  // namespace soak
