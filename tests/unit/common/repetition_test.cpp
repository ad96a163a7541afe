#include "common/repetition.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("repetition: each subject is told once a minute, with how many were held back") {
    common::Repetition<2> repetition;
    const common::Instant start{1h};
    CHECK(repetition.tell(0, start) == 0);
    CHECK_FALSE(repetition.tell(0, start + 1s).has_value());
    CHECK_FALSE(repetition.tell(0, start + 59s).has_value());
    CHECK(repetition.tell(1, start + 59s) == 0);  // another subject
    CHECK(repetition.tell(0, start + 60s) == 2);
    CHECK_FALSE(repetition.tell(0, start + 61s).has_value());
    CHECK(repetition.tell(0, start + 1h) == 1);
}
