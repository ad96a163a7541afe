#include "tests/kafka/worker_process.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

// The last lines, for a message.
std::string tail(const std::string& text) {
    constexpr std::size_t shown = 1500;
    return text.size() <= shown ? text : text.substr(text.size() - shown);
}

// 0: not said yet.
std::uint16_t port_in(const std::string& log) {
    constexpr std::string_view before = "admin port http://127.0.0.1:";
    const std::size_t at = log.find(before);
    if (at == std::string::npos) {
        return 0;
    }
    return static_cast<std::uint16_t>(std::strtoul(log.c_str() + at + before.size(), nullptr, 10));
}

std::vector<std::string> with_path(std::vector<std::string> environment) {
    environment.emplace_back("PATH=/usr/bin:/bin");
    return environment;
}

}  // namespace

WorkerProcess::WorkerProcess(
    const std::string& program, const std::string& config_file, std::string log_file,
    std::vector<std::string> environment)
    : log_file_{std::move(log_file)},
      child_{
          {.arguments = {program, "run", "--config", config_file},
           .environment = with_path(std::move(environment)),
           .output_file = log_file_}} {
    await(
        [this] { return (port_ = port_in(log())) != 0; }, std::chrono::seconds{20},
        "the worker did not start");
}

std::string WorkerProcess::log() const {
    std::ifstream file{log_file_};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool WorkerProcess::says(const std::string& event) const {
    return log().find(fmt::format("\"event\":\"{}\"", event)) != std::string::npos;
}

WorkerProcess::Page WorkerProcess::get(const std::string& path) const {
    httplib::Client client{"127.0.0.1", port_};
    client.set_tcp_nodelay(true);
    client.set_read_timeout(std::chrono::seconds{5});
    const auto result = client.Get(path);
    return result ? Page{result->status, result->body} : Page{};
}

double WorkerProcess::metric(const std::string& series) const {
    return series_value(get("/metrics").body, series);
}

void WorkerProcess::await(
    const std::function<bool()>& condition, std::chrono::milliseconds patience,
    const std::string& otherwise) {
    bool met = false;
    const auto met_or_gone = [&] { return (met = condition()) || child_.exit_code().has_value(); };
    static_cast<void>(until(met_or_gone, patience, child_.end_fd()));
    const std::string end =
        child_.exit_code() ? fmt::format("; it ended with {}", *child_.exit_code()) : std::string{};
    require(met, fmt::format("{}{}; {} ends with:\n{}", otherwise, end, log_file_, tail(log())));
}

int WorkerProcess::stop() {
    child_.signal(SIGTERM);
    return await_end(std::chrono::seconds{30});
}

void WorkerProcess::kill() {
    child_.signal(SIGKILL);
    static_cast<void>(await_end(std::chrono::seconds{10}));
}

int WorkerProcess::await_end(std::chrono::milliseconds patience) {
    const auto code = child_.wait(patience);
    require(
        code.has_value(), fmt::format("the worker does not end; {} ends with:\n{}", log_file_, tail(log())));
    return *code;
}

double series_value(const std::string& page, const std::string& series) {
    const std::string line = "\n" + series + " ";
    const std::size_t at = page.find(line);
    return at == std::string::npos ? 0 : std::strtod(page.c_str() + at + line.size(), nullptr);
}

}  // namespace lane
