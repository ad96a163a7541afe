// The demo as a process: the way from trouble to nothing owed that people see first.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/integration/transport_folder.hpp"
#include "tests/kafka/child.hpp"

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("demo: ends with dead letters, works them off, and nothing is owed in the end") {
    const transport_test::Folder folder;
    const std::string output = folder.path() / "output";
    lane::Child demo{
        {.arguments = {AUTOSIGNIN_DEV, "demo", "--events", "300", "--seconds", "5"},
         .environment = {"PATH=/usr/bin:/bin"},
         .output_file = output}};
    const auto code = demo.wait(std::chrono::seconds{110});
    std::ifstream file{output};
    const std::string said{std::istreambuf_iterator<char>{file}, {}};
    CAPTURE(said);
    REQUIRE(code == 0);
    CHECK(contains(said, "Apple holds what 300 events demanded"));
    CHECK(contains(said, "dead-letters list -c "));
    CHECK(contains(said, "dead-letters replay --reason rejected,exhausted --canary"));
    CHECK(contains(said, "dead-letters discard --reason invalid"));
    CHECK(contains(said, "\n0 open dead letters\n"));
    CHECK(contains(said, "\nNothing is owed any more: by the receipts "));
    CHECK_FALSE(contains(said, "WRONG"));
    CHECK_FALSE(contains(said, "tkn~"));  // in every token value
}
