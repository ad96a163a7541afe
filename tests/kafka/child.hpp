// A program that runs beside the driver, and dies with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lane {

struct ChildOptions {
    std::vector<std::string> arguments{};    // the program first
    std::vector<std::string> environment{};  // NAME=value; nothing else is passed on
    std::string input_file{};                // empty: nothing
    std::string output_file{};               // standard output and error, appended
};

class Child {
public:
    explicit Child(const ChildOptions& options);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    // Kills it if it still runs.
    ~Child();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    // Becomes readable when the child has ended.
    [[nodiscard]] int end_fd() const noexcept { return end_fd_; }
    // How it ended: the exit code, or 128 and the signal, as shells say it. None: it still runs.
    [[nodiscard]] std::optional<int> exit_code();
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);

private:
    pid_t pid_ = -1;
    int end_fd_ = -1;
    std::optional<int> exit_code_;
};

// Asks again, every 20 ms and when `watched` (a descriptor, or -1) becomes readable, until the answer is yes.
// False: it was not within `patience`.
[[nodiscard]] bool until(
    const std::function<bool()>& condition, std::chrono::milliseconds patience, int watched = -1);

}  // namespace lane
