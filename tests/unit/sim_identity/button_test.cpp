#include <doctest/doctest.h>

#include "tests/unit/sim_identity/scene.hpp"
#include "worker/sim/identity/button_image.hpp"

using namespace sim_test;

TEST_CASE("button images: what is in the documented ranges is a PNG, the rest is 404") {
    struct Row {
        const char* path;
        int status;
        unsigned width = 0;
        unsigned height = 0;
    };
    const Row rows[] = {
        {"/appleid/button/logo", 200, 30, 30},
        {"/appleid/button/logo?size=64&scale=6&color=white&border=true&border_radius=50", 200, 384, 384},
        {"/appleid/button/logo?size=29", 404},
        {"/appleid/button/logo?size=65", 404},
        {"/appleid/button/logo?scale=0", 404},
        {"/appleid/button/logo?scale=7", 404},
        {"/appleid/button/logo?border_radius=51", 404},
        {"/appleid/button/logo?color=red", 404},
        {"/appleid/button/logo?size=30px", 404},
        {"/appleid/button/left", 200, 140, 30},
        {"/appleid/button/left?type=continue&width=375&height=64", 200, 375, 64},
        {"/appleid/button/left?width=129", 404},
        {"/appleid/button/left?width=376", 404},
        {"/appleid/button/left?type=sign-out", 404},
        {"/appleid/button/other", 404},
        {"/appleid", 404},
    };
    for (const Row& row : rows) {
        SUBCASE(row.path) {
            sim::Request request;
            request.method = "GET";
            request.path = row.path;
            const sim::Answer answer = sim::button_image(request, {});
            CHECK(answer.status == row.status);
            if (row.status == 200) {
                CHECK(answer.content_type == "image/png");
                REQUIRE(answer.body.starts_with("\x89PNG"));
                const auto number = [&](std::size_t at) {
                    unsigned value = 0;
                    for (std::size_t i = 0; i < 4; ++i) {
                        value = value * 256 + static_cast<unsigned char>(answer.body.at(at + i));
                    }
                    return value;
                };
                CHECK(number(16) == row.width);
                CHECK(number(20) == row.height);
            }
        }
    }
}
