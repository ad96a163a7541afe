#include "common/http_date.hpp"

#include <doctest/doctest.h>

TEST_CASE("http date: the one form servers send") {
    using std::chrono::seconds;
    struct Row {
        const char* because;
        const char* text;
        long long want;  // -1: unreadable
    };
    const Row rows[] = {
        {"the example of RFC 9110", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"a leap day", "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
        {"a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
        {"no leap day", "Wed, 29 Feb 2023 00:00:00 GMT", -1},
        {"another zone", "Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"the obsolete form", "Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"hour 24", "Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"letters for digits", "Sun, 0x Nov 1994 08:49:37 GMT", -1},
        {"an unknown month", "Sun, 06 Nev 1994 08:49:37 GMT", -1},
        {"no name of a day", "Sin, 06 Nov 1994 08:49:37 GMT", -1},
        {"the wrong name of the day", "Mon, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"before 1970", "Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"day 0", "Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"nothing", "", -1},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto date = common::parse_http_date(row.text);
            CHECK((date ? std::chrono::floor<seconds>(*date).time_since_epoch().count() : -1) == row.want);
        }
    }
}
