// `autosignin-worker dead-letters ...` beside the workers of a scene.
//
// Errors: Failed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/kafka/child.hpp"
#include "tests/kafka/scene.hpp"

namespace lane {

class ReplayTool {
public:
    // Runs when it returns.
    ReplayTool(
        const Stage& stage, const std::string& config_file, const std::string& output_file,
        const std::vector<std::string>& arguments);

    [[nodiscard]] Child& child() noexcept { return child_; }
    [[nodiscard]] std::string output() const;
    // Its exit code. Failed when it does not end, or with another one than `code`, with what it said.
    void require_end(int code, std::chrono::milliseconds patience = std::chrono::seconds{40});

private:
    std::string output_file_;
    Child child_;
};

}  // namespace lane
