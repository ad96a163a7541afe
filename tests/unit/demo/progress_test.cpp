#include "worker/dev/demo/progress.hpp"

#include <doctest/doctest.h>

// At 80 and 100 columns the line was cut off before what explains a pause: what is held, and why.
TEST_CASE("the progress line shows what matters first, in the width there is") {
    struct Row {
        const char* because;
        std::vector<dev::Trouble> troubles;
        std::size_t width;
        const char* want;
    };
    const Row rows[] = {
        {"all is well", {}, 79, "579/4000  flying 5  done 581  held 130  dead 20  oldest 2.2 s  retrying 7"},
        {"80 columns show the reason",
         {{"app-0", "throttled"}},
         79,
         "579/4000  flying 5  done 581  held 130 app-0 throttled  dead 20  oldest 2.2 s"},
        {"two reasons lose their names first",
         {{"app-0", "throttled"}, {"", "breaker open"}},
         79,
         "579/4000  flying 5  done 581  held 130  dead 20  oldest 2.2 s  retrying 7"},
        {"100 columns have room for both",
         {{"app-0", "throttled"}, {"", "breaker open"}},
         99,
         "579/4000  flying 5  done 581  held 130 app-0 throttled, breaker open  dead 20  oldest 2.2 s"},
        {"several breakers are one reason",
         {{"", "breaker open"}, {"", "breaker open"}},
         79,
         "579/4000  flying 5  done 581  held 130 breaker open  dead 20  oldest 2.2 s"},
        {"a very narrow terminal is not wrapped", {{"app-0", "throttled"}}, 20, "579/4000  flying 5  "},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            dev::Numbers numbers{4000, 789, 579, 581, 20, {}};
            numbers.worker = {5, 130, 7, 2.2, row.troubles};
            CHECK(dev::progress_line(numbers, row.width) == row.want);
        }
    }
}
