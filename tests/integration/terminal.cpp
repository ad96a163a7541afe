#include "tests/integration/terminal.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace cli {

Terminal::Terminal(const std::vector<std::string>& arguments, unsigned short columns) {
    std::vector<std::string> words = arguments;
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    std::string path = "PATH=/usr/bin:/bin";
    std::array<char*, 2> environment{path.data(), nullptr};
    winsize size{};
    size.ws_col = columns;
    size.ws_row = 50;
    pid_ = forkpty(&fd_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        ::execve(argv[0], argv.data(), environment.data());
        ::_exit(127);
    }
}

Terminal::~Terminal() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::close(fd_);
}

bool Terminal::read(std::chrono::milliseconds patience) {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(patience.count())) != 1) {
        return true;
    }
    std::array<char, 4096> bytes{};
    const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
    if (got > 0) {
        output_.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return got > 0;  // the last writer's end is an error here (EIO)
}

bool Terminal::await(const std::string& text, std::chrono::milliseconds patience, std::size_t from) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (output_.find(text, from) == std::string::npos) {
        if (std::chrono::steady_clock::now() > deadline || !read(std::chrono::milliseconds{100})) {
            return output_.find(text, from) != std::string::npos;
        }
    }
    return true;
}

void Terminal::type(const std::string& keys) const {
    REQUIRE(::write(fd_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

int Terminal::wait(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (read(std::chrono::milliseconds{100})) {
        if (std::chrono::steady_clock::now() > deadline) {
            return -1;
        }
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> lines_seen(const std::string& output) {
    std::vector<std::string> lines{""};
    for (std::size_t at = 0; at < output.size(); ++at) {
        if (output.compare(at, 3, "\x1b[K") == 0) {
            at += 2;
        } else if (output[at] == '\n') {
            lines.emplace_back();
        } else if (output[at] == '\r') {
            if (at + 1 < output.size() && output[at + 1] != '\n' && output[at + 1] != '\r') {
                lines.back().clear();
            }
        } else {
            lines.back() += output[at];
        }
    }
    return lines;
}

}  // namespace cli
