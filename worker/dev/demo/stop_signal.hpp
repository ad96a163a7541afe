// Ctrl-C, SIGTERM and SIGHUP (the terminal is gone): all ask the demo to end, which then cleans up after
// itself.
//
// Threads: make it before any other thread, because all of them must have these signals blocked.
#pragma once

#include <chrono>

namespace dev {

class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    // Waits for a signal; true once one has come, and from then on at once.
    bool wait(std::chrono::milliseconds most);
    [[nodiscard]] bool came() const noexcept { return number_ != 0; }
    // As the shell counts it: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    [[nodiscard]] int exit_code() const noexcept { return 128 + number_; }

private:
    int fd_ = -1;
    int number_ = 0;
};

}  // namespace dev
