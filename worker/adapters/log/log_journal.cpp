#include "worker/adapters/log/log_journal.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

namespace log_lines {
namespace {

spdlog::level::level_enum level_of(core::Severity severity) {
    switch (severity) {
        case core::Severity::debug:
            return spdlog::level::debug;
        case core::Severity::info:
            return spdlog::level::info;
        case core::Severity::warning:
            return spdlog::level::warn;
        case core::Severity::error:
            return spdlog::level::err;
    }
    return spdlog::level::off;
}

common::WallTime wall(spdlog::log_clock::time_point time) {
    return std::chrono::floor<std::chrono::milliseconds>(time);
}

// O_NONBLOCK on standard error would change it for every process that shares it; asking first does not.
// Room in a pipe means room for PIPE_BUF bytes, so a line that fits in there cannot block.
bool write_at_once(int fd, std::string_view text) {
    pollfd room{fd, POLLOUT, 0};
    if (::poll(&room, 1, 0) != 1 || (room.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        return false;
    }
    ssize_t wrote = 0;
    do {
        wrote = ::write(fd, text.data(), text.size());
    } while (wrote < 0 && errno == EINTR);
    return wrote == static_cast<ssize_t>(text.size());
}

}  // namespace

// Takes lines that are rendered already: spdlog gates levels, stamps the time and keeps threads apart.
class LogJournal::Sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit Sink(JournalSettings settings)
        : settings_{settings}, coloured_{settings.format == Format::text && ::isatty(settings.fd) == 1} {}

    [[nodiscard]] std::string rendered(const core::Say& line, common::WallTime time) const {
        return render(line, time, settings_.format, coloured_);
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (dropped_ > told_ && write_at_once(settings_.fd, gap(wall(message.time)))) {
            told_ = dropped_;
        }
        if (!write_at_once(settings_.fd, {message.payload.data(), message.payload.size()})) {
            ++dropped_;
        }
    }
    void flush_() override {}

private:
    [[nodiscard]] std::string gap(common::WallTime time) const {
        return rendered(
            {core::Severity::warning,
             "log_lines_dropped",
             "nobody read the log for a while, and the worker does not wait for it; lines are missing above",
             {{"lines", fmt::to_string(dropped_ - told_)}}},
            time);
    }

    JournalSettings settings_;
    bool coloured_;
    std::atomic<std::uint64_t> dropped_{0};
    std::uint64_t told_ = 0;
};

struct LogJournal::Logger {
    explicit Logger(JournalSettings settings)
        : sink{std::make_shared<Sink>(settings)}, logger{"worker", sink} {
        logger.set_level(level_of(settings.level));
    }
    std::shared_ptr<Sink> sink;
    spdlog::logger logger;
};

LogJournal::LogJournal(JournalSettings settings) : logger_{std::make_unique<Logger>(settings)} {}

LogJournal::~LogJournal() = default;

bool LogJournal::wants(core::Severity severity) const {
    return logger_->logger.should_log(level_of(severity));
}

void LogJournal::write(const core::Say& line) {
    if (!wants(line.severity)) {
        return;
    }
    const auto now = spdlog::log_clock::now();
    const std::string text = logger_->sink->rendered(line, wall(now));
    logger_->logger.log(now, spdlog::source_loc{}, level_of(line.severity), spdlog::string_view_t{text});
}

std::uint64_t LogJournal::dropped() const noexcept {
    return logger_->sink->dropped();
}

}  // namespace log_lines
