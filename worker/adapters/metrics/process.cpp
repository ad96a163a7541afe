#include "worker/adapters/metrics/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace metrics {
namespace {

// Field `wanted` of /proc/self/stat, counted from 1 as in proc(5). The second one is the program's name in
// brackets, which may hold blanks, so counting begins behind it.
std::optional<double> stat_field(const std::string& stat, int wanted) {
    const std::size_t bracket = stat.rfind(')');
    if (bracket == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields{stat.substr(bracket + 1)};
    std::string field;
    for (int at = 3; at <= wanted; ++at) {
        fields >> field;
    }
    double value = 0;
    const auto end = field.data() + field.size();
    return std::from_chars(field.data(), end, value).ec == std::errc{} ? std::optional{value} : std::nullopt;
}

std::optional<double> boot_time() {
    std::ifstream file{"/proc/stat"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("btime ")) {
            return std::stod(line.substr(6));
        }
    }
    return std::nullopt;
}

}  // namespace

void append_process_samples(std::vector<Sample>& samples) {
    std::ifstream file{"/proc/self/stat"};
    const std::string stat{std::istreambuf_iterator<char>{file}, {}};
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto user = stat_field(stat, 14);
    const auto system = stat_field(stat, 15);
    const auto started = stat_field(stat, 22);
    const auto resident_pages = stat_field(stat, 24);
    const auto booted = boot_time();
    if (user && system) {
        samples.push_back({Metric::process_cpu, {}, (*user + *system) / ticks});
    }
    if (started && booted) {
        samples.push_back({Metric::process_start, {}, *booted + *started / ticks});
    }
    if (resident_pages) {
        samples.push_back(
            {Metric::process_memory, {}, *resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE))});
    }
    std::error_code error;
    const std::filesystem::directory_iterator descriptors{"/proc/self/fd", error};
    if (!error) {
        // The directory that is being read is one of them.
        const auto open = std::distance(begin(descriptors), std::filesystem::directory_iterator{}) - 1;
        samples.push_back({Metric::process_fds, {}, static_cast<double>(open)});
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        samples.push_back({Metric::process_fds_limit, {}, static_cast<double>(limit.rlim_cur)});
    }
}

}  // namespace metrics
