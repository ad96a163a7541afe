#include "tests/kafka/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

constexpr std::chrono::milliseconds look_again{20};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (const std::string& text : texts) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execve does not write to them.
        all.push_back(const_cast<char*>(text.c_str()));
    }
    all.push_back(nullptr);
    return all;
}

}  // namespace

Child::Child(const ChildOptions& options) {
    const std::vector<char*> arguments = pointers(options.arguments);
    const std::vector<char*> environment = pointers(options.environment);
    const std::string input = options.input_file.empty() ? "/dev/null" : options.input_file;
    const int in = open(input.c_str(), O_RDONLY | O_CLOEXEC);
    const int out = open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    require(in >= 0 && out >= 0, "cannot open " + input + " or " + options.output_file);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
        // The driver has threads, so from here to exec nothing but system calls.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
            _exit(127);
        }
        execve(arguments.front(), arguments.data(), environment.data());
        _exit(127);
    }
    close(in);
    close(out);
    require(pid_ > 0, "cannot start " + options.arguments.front());
    // Not by <sys/pidfd.h>: that of glibc 2.36 is for C alone.
    end_fd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    require(end_fd_ >= 0, "cannot watch " + options.arguments.front());
}

Child::Child(Child&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      end_fd_{std::exchange(other.end_fd_, -1)},
      exit_code_{other.exit_code_} {}

Child::~Child() {
    if (pid_ > 0 && !exit_code()) {
        signal(SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    if (end_fd_ >= 0) {
        close(end_fd_);
    }
}

void Child::signal(int number) const {
    kill(pid_, number);
}

std::optional<int> Child::exit_code() {
    int status = 0;
    if (!exit_code_ && pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return exit_code_;
}

std::optional<int> Child::wait(std::chrono::milliseconds patience) {
    static_cast<void>(until([this] { return exit_code().has_value(); }, patience, end_fd_));
    return exit_code_;
}

bool until(const std::function<bool()>& condition, std::chrono::milliseconds patience, int watched) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return false;
        }
        pollfd descriptor{watched, POLLIN, 0};
        poll(&descriptor, 1, static_cast<int>(std::min(left, look_again).count()));
    }
    return true;
}

}  // namespace lane
