// schemas/README.md is what the account system's team reads: what it quotes must be true.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/examples.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/identity/problem.hpp"

namespace {

std::string readme() {
    std::ifstream file{AUTOSIGNIN_SOURCE_DIR "/schemas/README.md", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

}  // namespace

TEST_CASE("the table of codes is the list of codes") {
    const auto row = [](const core::InvalidCode& code) {
        return "| `" + std::string{code.code} + "` | " + std::string{code.meaning} + " |\n";
    };
    std::string table = "| code | meaning |\n|---|---|\n";
    for (const auto& code : core::invalid_codes) {
        table += row(code);
    }
    table +=
        "\nAnd a notification that is not believed, with one of these; the record is an event, but nothing "
        "is done "
        "for it:\n\n| code | meaning |\n|---|---|\n";
    for (const auto& code : core::identity_codes) {
        table += code.code == core::invalid::wrong_nonce.code ? "" : row(code);  // of identity tokens
    }
    const std::string text = readme();
    REQUIRE_FALSE(text.empty());
    const std::size_t at = text.find("| code |");
    REQUIRE(at != std::string::npos);
    CHECK(text.substr(at) == table);
}

TEST_CASE("the quoted examples are the files") {
    const std::string text = readme();
    std::size_t quoted = 0;
    for (const auto& example : tests::valid_examples()) {
        if (text.find("`examples/valid/" + example.name + ".json`") != std::string::npos) {
            CAPTURE(example.name);
            CHECK(text.find("```json\n" + example.text + "```") != std::string::npos);
            ++quoted;
        }
    }
    CHECK(quoted == 2);
}
