#include "worker/adapters/log/log_journal.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using core::Severity;
using log_lines::Format;
using log_lines::LogJournal;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        REQUIRE(end != std::string_view::npos);
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

struct MemoryFile {
    MemoryFile() : fd{::memfd_create("log", MFD_CLOEXEC)} { REQUIRE(fd >= 0); }
    ~MemoryFile() { ::close(fd); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    [[nodiscard]] std::vector<std::string> lines() const {
        std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
        REQUIRE(::pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
        return lines_of(text);
    }
    int fd;
};

struct Pipe {
    Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE("the journal writes what its level wants, stamped with the time") {
    const MemoryFile file;
    LogJournal journal{{Format::json, Severity::warning, file.fd}};
    CHECK_FALSE(journal.wants(Severity::debug));
    CHECK_FALSE(journal.wants(Severity::info));
    CHECK(journal.wants(Severity::warning));
    CHECK(journal.wants(Severity::error));

    journal.write({Severity::info, "quiet", "not wanted"});
    journal.write({Severity::error, "loud", "wanted", {{"app", "tv"}}});
    const auto lines = file.lines();
    REQUIRE(lines.size() == 1);
    const auto line = nlohmann::json::parse(lines.front());
    CHECK(line.at("event") == "loud");
    CHECK(line.at("level") == "error");
    CHECK(line.at("fields").at("app") == "tv");
    const auto time = line.at("time").get<std::string>();
    CHECK(time.size() == 24);
    CHECK(time.starts_with("20"));
    CHECK(time.back() == 'Z');
}

TEST_CASE("text in a file has no colours, and braces in a message are just braces") {
    const MemoryFile file;
    LogJournal journal{{Format::text, Severity::debug, file.fd}};
    journal.write({Severity::debug, "braces", "{} {0} {:x} %v %%"});
    const auto lines = file.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find('\x1b') == std::string::npos);
    CHECK(lines.front().ends_with("debug   braces: {} {0} {:x} %v %%"));
}

TEST_CASE("a reader that does not read costs lines, never the worker's time") {
    const Pipe pipe;
    LogJournal journal{{Format::json, Severity::info, pipe.ends[1]}};
    // Far more than a pipe holds; a blocking write would hang this test.
    constexpr std::uint64_t written = 400;
    for (std::uint64_t at = 0; at < written; ++at) {
        journal.write({Severity::info, "filler", std::string(1500, 'x')});
    }
    const std::uint64_t dropped = journal.dropped();
    CHECK(dropped > 0);
    CHECK(dropped < written);

    REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
    const auto drain = [&] {
        std::string all;
        std::array<char, 8192> some{};
        for (ssize_t got = 0; (got = ::read(pipe.ends[0], some.data(), some.size())) > 0;) {
            all.append(some.data(), static_cast<std::size_t>(got));
        }
        return lines_of(all);
    };
    const auto before = drain();
    CHECK(before.size() == written - dropped);
    for (const std::string& line : before) {
        REQUIRE(nlohmann::json::accept(line));
    }

    journal.write({Severity::info, "after", "there is room again"});
    const auto after = drain();
    REQUIRE(after.size() == 2);
    CHECK(nlohmann::json::parse(after[0]).at("event") == "log_lines_dropped");
    CHECK(nlohmann::json::parse(after[0]).at("fields").at("lines") == std::to_string(dropped));
    CHECK(nlohmann::json::parse(after[1]).at("event") == "after");
    CHECK(journal.dropped() == dropped);
}

TEST_CASE("a closed descriptor is no reason to stop") {
    int gone = -1;
    {
        const MemoryFile file;
        gone = file.fd;
    }
    LogJournal journal{{Format::json, Severity::info, gone}};
    journal.write({Severity::info, "lost", "nobody will see it"});
    CHECK(journal.dropped() == 1);
}
