#include "tests/simulation/shrink.hpp"

#include <fmt/format.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace simulation {

namespace {

constexpr std::size_t head = 128;

class Shrinker {
public:
    Shrinker(std::string bytes, const std::function<bool(const std::string&)>& fails, std::size_t tries_max)
        : bytes_{std::move(bytes)}, fails_{fails}, tries_left_{tries_max}, tries_max_{tries_max} {
        strip(bytes_);
    }

    Shrunk shrink() {
        std::string before;
        do {
            before = bytes_;
            cut_off();
            // The sizes of the world come first in its bytes, and everything later is easier in a small one.
            for (std::size_t at = 0; at < head && at < bytes_.size(); ++at) {
                zero(at, 1);
                lower(at);
            }
            cut_off();
            in_chunks([this](std::size_t at, std::size_t size) { drop(at, size); });
            in_chunks([this](std::size_t at, std::size_t size) { zero(at, size); });
            for (std::size_t at = 0; at < bytes_.size(); ++at) {
                lower(at);
            }
        } while (bytes_ != before && tries_left_ > 0);
        return {bytes_, tries_max_ - tries_left_};
    }

private:
    // The end is zeros anyway.
    static void strip(std::string& bytes) { bytes.erase(bytes.find_last_not_of('\0') + 1); }

    bool accept(std::string candidate) {
        strip(candidate);
        const bool smaller = candidate.size() != bytes_.size() ? candidate.size() < bytes_.size()
                                                               : lower_bytes(candidate, bytes_);
        if (!smaller || tries_left_ == 0) {
            return false;
        }
        --tries_left_;
        if (!fails_(candidate)) {
            return false;
        }
        bytes_ = std::move(candidate);
        return true;
    }

    static bool lower_bytes(const std::string& left, const std::string& right) {
        return std::lexicographical_compare(
            left.begin(), left.end(), right.begin(), right.end(),
            [](char a, char b) { return static_cast<unsigned char>(a) < static_cast<unsigned char>(b); });
    }

    void cut_off() {
        for (std::size_t step = bytes_.size(); step > 0; step /= 2) {
            while (bytes_.size() >= step && accept(bytes_.substr(0, bytes_.size() - step))) {
            }
        }
    }

    // From the whole to single bytes, from the end: what comes late depends on what comes first.
    template <class Change>
    void in_chunks(Change change) {
        for (std::size_t size = bytes_.size(); size > 0 && tries_left_ > 0; size /= 2) {
            std::size_t end = bytes_.size();
            while (end > 0) {
                const std::size_t at = end > size ? end - size : 0;
                change(at, end - at);
                end = std::min(at, bytes_.size());
            }
        }
    }

    void zero(std::size_t at, std::size_t size) {
        std::string candidate = bytes_;
        candidate.replace(at, size, size, '\0');
        accept(std::move(candidate));
    }

    void drop(std::size_t at, std::size_t size) {
        std::string candidate = bytes_;
        candidate.erase(at, size);
        accept(std::move(candidate));
    }

    // To the lowest value that a bisection finds.
    void lower(std::size_t at) {
        unsigned fine = 0;  // does not fail, or was tried by zero()
        while (at < bytes_.size() && fine + 1 < value(at) && tries_left_ > 0) {
            const unsigned middle = fine + (value(at) - fine) / 2;
            std::string candidate = bytes_;
            candidate[at] = static_cast<char>(middle);
            if (!accept(std::move(candidate))) {
                fine = middle;
            }
        }
    }

    [[nodiscard]] unsigned value(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }

    std::string bytes_;
    const std::function<bool(const std::string&)>& fails_;
    std::size_t tries_left_;
    std::size_t tries_max_;
};

}  // namespace

Shrunk shrink(
    std::string bytes, const std::function<bool(const std::string& bytes)>& fails, std::size_t tries_max) {
    return Shrinker{std::move(bytes), fails, tries_max}.shrink();
}

std::string ending_of(const Report& report) {
    return report.broken ? std::string{sim::promise_name(report.broken->promise)} : "kept all promises";
}

std::string ending_apart(const std::function<Report()>& run) {
    std::array<int, 2> ends{};
    std::fflush(nullptr);
    if (pipe(ends.data()) != 0) {
        std::perror("pipe");
        std::exit(2);
    }
    const pid_t pid = fork();
    if (pid < 0) {
        std::perror("fork");
        std::exit(2);
    }
    if (pid == 0) {
        static_cast<void>(prctl(PR_SET_PDEATHSIG, SIGKILL));  // nobody is left to read what it finds
        // What it says while it dies is said again when the result is shown.
        close(STDERR_FILENO);
        const std::string ending = ending_of(run());
        _exit(write(ends[1], ending.data(), ending.size()) == static_cast<ssize_t>(ending.size()) ? 0 : 2);
    }
    close(ends[1]);
    std::string ending;
    std::array<char, 256> chunk{};
    for (ssize_t got = 0; (got = read(ends[0], chunk.data(), chunk.size())) > 0;) {
        ending.append(chunk.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) {
        return fmt::format("died of signal {}", WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? ending : fmt::format("ended its process with {}", WEXITSTATUS(status));
}

}  // namespace simulation
