// A program on a terminal of so many columns, as a person has it: it may ask, and is answered.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace cli {

class Terminal {
public:
    Terminal(const std::vector<std::string>& arguments, unsigned short columns);
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    // Kills it if it still runs.
    ~Terminal();

    // False: `text` did not come within `patience` behind the first `from` bytes that it wrote.
    [[nodiscard]] bool await(
        const std::string& text, std::chrono::milliseconds patience, std::size_t from = 0);
    void type(const std::string& keys) const;
    // Its exit code; -1 when it does not end within `patience`.
    [[nodiscard]] int wait(std::chrono::milliseconds patience);
    // What it wrote so far, bytes as a terminal gets them.
    [[nodiscard]] const std::string& output() const noexcept { return output_; }

private:
    // False: it has ended and everything is read.
    bool read(std::chrono::milliseconds patience);

    int fd_ = -1;
    pid_t pid_ = -1;
    std::string output_;
};

// What is to be seen in the end of a line that was written over: text without what moves the cursor. Each
// line of the output that was ended by a newline, and the last.
[[nodiscard]] std::vector<std::string> lines_seen(const std::string& output);

}  // namespace cli
