// A body written by hand is read back by a JSON library, for random values.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/prng.hpp"
#include "worker/core/command/request.hpp"

TEST_CASE("every value comes out of the body as it went in") {
    const std::string_view pieces[] = {
        "a", "\"", "\\", "\n", "\x01", "/", "\x7f", "\xC3\xAB", "\xF0\x9D\x84\x9E"};
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        CAPTURE(seed);
        common::Prng prng{seed};
        const auto text = [&] {
            std::string made;
            for (std::uint64_t left = prng.below(40); left > 0; --left) {
                made += pieces[static_cast<std::size_t>(prng.below(std::size(pieces)))];
            }
            return made;
        };
        const std::string value = text();
        const std::string replacement = text();
        const core::Command command{core::Action::update, common::Secret{value}, common::Secret{replacement}};
        const auto body = nlohmann::json::parse(core::request_for(command, {}, {}).body.expose());
        CHECK(body["existingAutoSignInTokenValue"] == value);
        CHECK(body["newAutoSignInTokenValue"] == replacement);
        CHECK(body.size() == 2);
    }
}
