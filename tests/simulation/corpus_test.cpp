// What a fuzzer found worth keeping (tests/fuzz/corpus/world), replayed without one.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/simulation/shrink.hpp"
#include "tests/simulation/world.hpp"

TEST_CASE("worlds that a fuzzer found keep every promise") {
    std::size_t worlds = 0;
    for (const auto& file :
         std::filesystem::directory_iterator{AUTOSIGNIN_SOURCE_DIR "/tests/fuzz/corpus/world"}) {
        std::ifstream bytes{file.path(), std::ios::binary};
        const simulation::Report report =
            simulation::run_bytes({std::istreambuf_iterator<char>{bytes}, std::istreambuf_iterator<char>{}});
        CAPTURE(file.path().string());
        CAPTURE(report.swarm);
        CHECK(simulation::ending_of(report) == "kept all promises");
        ++worlds;
    }
    CHECK(worlds > 0);
}
