// What the replay check of the Kafka lane takes for the log's order.
#include <doctest/doctest.h>

#include "tests/kafka/readings.hpp"

namespace lane {
namespace {

const DemandedCommand a{"a", ""};
const DemandedCommand b{"b", ""};
const DemandedCommand c{"c", ""};
const DemandedCommand d{"d", ""};

TEST_CASE("readings: what Apple received is the log's order, but for one start from an earlier command") {
    struct Row {
        const char* because;
        std::vector<DemandedCommand> demanded;
        std::vector<DemandedCommand> before_crash;
        std::vector<DemandedCommand> after_crash;
        bool possible;
        std::optional<std::size_t> repeated;
    };
    const Row rows[] = {
        {"each once, in order", {a, b, c}, {a, b, c}, {}, true, 0},
        {"the last one is missing", {a, b, c}, {a, b}, {}, true, std::nullopt},
        {"two of them changed places", {a, b, c}, {a, c}, {}, false, std::nullopt},
        {"a repeat without a crash", {a, b, c}, {a, b, a}, {}, false, std::nullopt},
        {"a crash repeats what was not committed", {a, b, c}, {a, b}, {a, b, c}, true, 2},
        {"and may do so once", {a, b, c}, {a, b}, {a, b, a}, false, std::nullopt},
        {"a start over may not skip", {a, b, c}, {a, b}, {a, c}, false, std::nullopt},
        // A letter of b and c was sent again by a tool that had been killed, so the log held both twice. The
        // worker was killed after the whole log and repeated the second pair. The check took it for the first
        // pair, and said that six of eight commands were executed.
        {"a repeat belongs to the second of two equal places",
         {a, d, b, c, b, c},
         {a, d, b, c, b, c},
         {b, c},
         true,
         2},
        {"or to the first of them", {a, b, c, b, c}, {a, b, c}, {b, c, b, c}, true, 2},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Readings readings{row.demanded};
            for (const DemandedCommand& command : row.before_crash) {
                readings.received(command, false);
            }
            for (const DemandedCommand& command : row.after_crash) {
                readings.received(command, true);
            }
            CHECK(readings.possible() == row.possible);
            CHECK(readings.repeated_when_complete() == row.repeated);
        }
    }
}

}  // namespace
}  // namespace lane
