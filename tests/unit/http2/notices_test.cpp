#include "worker/adapters/http2/notices.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace std::chrono_literals;

// Every reconnect used to forget what had been told: a server that took connections and dropped them wrote
// two lines for each, as fast as it could be reconnected to.
TEST_CASE("http2 notices: a flapping server is told once a minute, not at every reconnect") {
    std::vector<core::Say> lines;
    adapters::http2::Notices notices{"apple.test", [&](core::Say line) { lines.push_back(std::move(line)); }};
    const common::Instant start{1h};
    for (int flap = 0; flap < 100; ++flap) {
        notices.ended(ports::ConnectionEnd::lost, "", false, start + flap * 10ms);
        notices.recovered();
    }
    CHECK(lines.size() == 2);  // lost, connected again
    notices.ended(ports::ConnectionEnd::lost, "", false, start + 1min);
    REQUIRE(lines.size() == 3);
    CHECK(lines.back().fields.back().second == "99");
}
