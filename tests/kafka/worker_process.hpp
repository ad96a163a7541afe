// The real program, started as its operators start it: `autosignin-worker run --config FILE`.
//
// Its standard error goes to a file, so that it never waits for the driver and nothing of it is lost.
// Errors: Failed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/kafka/child.hpp"

namespace lane {

class WorkerProcess {
public:
    // Runs when it returns, and listens on its admin port.
    WorkerProcess(
        const std::string& program, const std::string& config_file, std::string log_file,
        std::vector<std::string> environment = {});

    [[nodiscard]] const Child& child() const noexcept { return child_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }  // of its admin pages
    [[nodiscard]] std::string log() const;
    // Whether a log line has this `event`.
    [[nodiscard]] bool says(const std::string& event) const;

    struct Page {
        int status = 0;  // 0: no answer
        std::string body{};
    };
    [[nodiscard]] Page get(const std::string& path) const;
    // The value of "name" or "name{label=\"value\"}"; 0 when the page does not come or has no such series.
    [[nodiscard]] double metric(const std::string& series) const;
    [[nodiscard]] bool ready() const { return get("/readyz").status == 200; }

    [[nodiscard]] bool ended() { return child_.exit_code().has_value(); }
    // Waits for `condition`; Failed with `otherwise` when it does not come, or the worker ends before.
    void await(
        const std::function<bool()>& condition, std::chrono::milliseconds patience,
        const std::string& otherwise);
    // The exit code after SIGTERM.
    [[nodiscard]] int stop();
    // SIGKILL, and gone when it returns.
    void kill();
    // Waits for it to end by itself.
    [[nodiscard]] int await_end(std::chrono::milliseconds patience);

private:
    std::string log_file_;
    Child child_;
    std::uint16_t port_ = 0;
};

// The value of a series on a page of Prometheus text; 0 when it is not there.
[[nodiscard]] double series_value(const std::string& page, const std::string& series);

}  // namespace lane
