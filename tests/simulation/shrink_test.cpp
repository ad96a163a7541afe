// A failing world shrinks to a small one that fails alike.
#include "tests/simulation/shrink.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>

#include "tests/simulation/bent_ports.hpp"
#include "tests/support/slowness.hpp"

namespace simulation {
namespace {

TEST_CASE("shrinking keeps what makes it fail and nothing else") {
    struct Row {
        const char* because;
        std::string bytes;
        bool (*fails)(const std::string&);
        std::string want;
    };
    const Row rows[] = {
        {"the end goes, and so do zeros", std::string("\x05\0\0\x07", 4),
         [](const std::string&) { return true; }, ""},
        {"bytes that are needed stay", "abcdefgh",
         [](const std::string& bytes) { return bytes.find('e') != std::string::npos; }, "e"},
        {"places that are needed stay, with zeros before them", "abcdefgh",
         [](const std::string& bytes) { return bytes.size() > 4 && bytes[4] == 'e'; },
         std::string("\0\0\0\0e", 5)},
        {"values sink to the lowest that fails", "\xf0\xf1",
         [](const std::string& bytes) {
             return bytes.size() == 2 && static_cast<unsigned char>(bytes[1]) >= 77;
         },
         std::string("\0\x4d", 2)},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(shrink(row.bytes, row.fails, 1000).bytes == row.want);
        }
    }
}

TEST_CASE("shrinking asks no more often than it may") {
    const auto odd = [](const std::string& bytes) { return bytes.size() % 2 == 1; };
    CHECK(shrink(std::string(1001, 'x'), odd, 3).tried == 3);
}

Plant committing_too_far() {
    return bent([] {
        Bend bend;
        bend.commit = [](std::vector<core::PartitionCommit>& entries) {
            for (core::PartitionCommit& entry : entries) {
                entry.offset = entry.offset + 1;
            }
        };
        return bend;
    });
}

// Two neighbours change places, with their offsets left as they were.
Plant swapping() {
    return bent([] {
        Bend bend;
        bend.source_inputs = [](std::vector<core::Input>& inputs) {
            core::Record* before = nullptr;
            for (core::Input& input : inputs) {
                if (auto* received = std::get_if<core::Received>(&input)) {
                    if (before != nullptr && before->epoch == received->record.epoch) {
                        std::swap(before->value, received->record.value);
                        std::swap(before->headers, received->record.headers);
                    }
                    before = &received->record;
                }
            }
        };
        return bend;
    });
}

TEST_CASE("a planted bug's world shrinks to a few records and still breaks the same promise") {
    struct Row {
        const char* because;
        Plant (*plant)();
    };
    const Row rows[] = {
        {"a commit one too far needs a record", committing_too_far},
        {"records that change places need two", swapping},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            std::uint64_t seed = 0;
            Report report;
            do {
                report = run_seed(++seed, {}, row.plant());
            } while (!report.broken && seed < 500);
            REQUIRE(report.broken);
            const auto fails = [&](const std::string& bytes) {
                return ending_of(run_bytes(bytes, {}, row.plant())) == ending_of(report);
            };
            const Shrunk shrunk =
                shrink(sim::bytes_of_seed(seed, report.bytes_read), fails, 10'000 / test_support::slowness);
            const Report small = run_bytes(shrunk.bytes, {}, row.plant());
            MESSAGE(
                "seed ", seed, ": ", report.bytes_read, " bytes, ", report.turns, " turns, ",
                report.trace_lines, " transitions -> ", shrunk.bytes.size(), " bytes, ", small.turns,
                " turns, ", small.trace_lines, " transitions in ", shrunk.tried, " tries; ", small.swarm);
            CHECK(ending_of(small) == ending_of(report));
            CHECK(shrunk.bytes.size() <= report.bytes_read / 2);
        }
    }
}

TEST_CASE("an ending is a word also when the run dies") {
    CHECK(ending_apart([] { return Report{}; }) == "kept all promises");
    CHECK(ending_apart([] {
              Report report;
              report.broken = sim::Broken{sim::Promise::no_loss, "seen"};
              return report;
          }) == sim::promise_name(sim::Promise::no_loss));
    CHECK(ending_apart([]() -> Report {
              std::signal(SIGABRT, SIG_DFL);
              std::abort();
          }) == "died of signal 6");
}

}  // namespace
}  // namespace simulation
