// Rules about the built programs.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace {

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
    std::string text;
    std::array<char, 4096> chunk{};
    while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) {
        text.append(chunk.data(), got);
    }
    return text;
}

}  // namespace

TEST_CASE("no simulation code is in the program that goes to production") {
    const std::string symbols = output_of(std::string{"nm -C "} + AUTOSIGNIN_WORKER);
    REQUIRE(symbols.find("core::Engine::step") != std::string::npos);
    CHECK(symbols.find("sim::") == std::string::npos);
    CHECK(symbols.find("dev::") == std::string::npos);
    CHECK(symbols.find("rd_kafka_mock") == std::string::npos);
    CHECK(symbols.find("doctest") == std::string::npos);
}

#ifdef PLANTED_BUGS
TEST_CASE("no switch for deliberate defects is in the programs, and the test's own copy has it") {
    for (const char* program : {AUTOSIGNIN_WORKER, AUTOSIGNIN_DEV}) {
        CHECK(output_of(std::string{"nm -C "} + program).find("planted") == std::string::npos);
    }
    CHECK(output_of(std::string{"nm -C "} + PLANTED_BUGS).find("core::the_planted_bug") != std::string::npos);
}
#endif

TEST_CASE("the dev program has both, so the check above looks for the right names") {
    const std::string symbols = output_of(std::string{"nm -C "} + AUTOSIGNIN_DEV);
    CHECK(symbols.find("sim::Apple") != std::string::npos);
    CHECK(symbols.find("rd_kafka_mock") != std::string::npos);
}

TEST_CASE("the program is hardened") {
    const std::string headers = output_of(std::string{"readelf -lhdW "} + AUTOSIGNIN_WORKER);
    CHECK(headers.find("DYN (Position-Independent Executable file)") != std::string::npos);
    CHECK(headers.find("GNU_RELRO") != std::string::npos);
    CHECK(headers.find("BIND_NOW") != std::string::npos);
}
