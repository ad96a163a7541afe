#include "tests/kafka/replay_tool.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

ChildOptions options_of(
    const Stage& stage, const std::string& config_file, const std::string& output_file,
    const std::vector<std::string>& arguments) {
    ChildOptions options{
        .arguments = {stage.worker_program, "dead-letters"},
        .environment = {"PATH=/usr/bin:/bin"},
        .output_file = output_file};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    options.arguments.insert(options.arguments.end(), {"-c", config_file});
    return options;
}

}  // namespace

ReplayTool::ReplayTool(
    const Stage& stage, const std::string& config_file, const std::string& output_file,
    const std::vector<std::string>& arguments)
    : output_file_{output_file}, child_{options_of(stage, config_file, output_file, arguments)} {}

std::string ReplayTool::output() const {
    std::ifstream file{output_file_};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void ReplayTool::require_end(int code, std::chrono::milliseconds patience) {
    const auto ended = child_.wait(patience);
    require(
        ended == code, fmt::format(
                           "dead-letters ended with {} instead of {}: {}",
                           ended ? std::to_string(*ended) : "nothing", code, output()));
}

}  // namespace lane
