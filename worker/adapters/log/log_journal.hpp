// The journal: log lines to standard error, as JSON for machines or as text for people.
//
// It never makes the worker wait. When nobody reads the pipe (or a terminal is stopped), lines are dropped
// and counted, and a line says so once there is room again.
//
// Threads: write() and wants() may be called from any thread.
// Needs:   SIGPIPE ignored in the process, as a reader of the pipe may leave at any time.
#pragma once

#include <cstdint>
#include <memory>

#include "worker/adapters/log/render.hpp"
#include "worker/ports/journal.hpp"

namespace log_lines {

struct JournalSettings {
    Format format = Format::json;
    core::Severity level = core::Severity::info;
    int fd = 2;  // not owned. Text is coloured when it is a terminal
};

class LogJournal final : public ports::Journal {
public:
    explicit LogJournal(JournalSettings settings);
    ~LogJournal() override;
    LogJournal(const LogJournal&) = delete;
    LogJournal& operator=(const LogJournal&) = delete;

    [[nodiscard]] bool wants(core::Severity severity) const override;
    void write(const core::Say& line) override;

    // Since the start.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
    class Sink;

    struct Logger;
    std::unique_ptr<Logger> logger_;
};

}  // namespace log_lines
