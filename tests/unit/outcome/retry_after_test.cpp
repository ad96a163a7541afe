#include "worker/core/outcome/retry_after.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/prng.hpp"

namespace {

using namespace std::chrono_literals;

constexpr common::WallTime now{1'700'000'000'000ms};  // Tue, 14 Nov 2023 22:13:20 GMT

}  // namespace

TEST_CASE("Retry-After: three forms, and everything else is left to our own backoff") {
    struct Row {
        const char* because;
        std::string text;
        std::optional<common::Duration> want;
    };
    const Row rows[] = {
        {"plain seconds", "7", 7s},
        {"spaces around are not part of it", " \t7 ", 7s},
        {"leading zeros are harmless", "007", 7s},
        {"no wait at all still is one second", "0", 1s},
        {"an hour is the longest", "3600", 3600s},
        {"more than an hour is an hour", "3601", 3600s},
        {"UNIX seconds are read as seconds to wait", "1700000030", 3600s},
        {"the largest number of seconds", "100000000000", 3600s},
        {"UNIX milliseconds", "1700000010000", 10s},
        {"UNIX milliseconds keep their precision", "1700000010250", 10'250ms},
        {"less than a second is a second", "1700000000001", 1s},
        {"far in the future is an hour", "1800000000000", 3600s},
        {"the largest number there is", "9223372036854775807", 3600s},
        {"now has passed", "1700000000000", std::nullopt},
        {"UNIX milliseconds of the past", "1699999999999", std::nullopt},
        {"the smallest UNIX milliseconds", "100000000001", std::nullopt},
        {"a date", "Tue, 14 Nov 2023 22:14:20 GMT", 60s},
        {"a date across midnight", "Wed, 15 Nov 2023 00:00:00 GMT", 3600s},
        {"a wrong name of the day is forgiven", "Mon, 14 Nov 2023 22:14:20 GMT", 60s},
        {"a date with spaces around", " Tue, 14 Nov 2023 22:14:20 GMT ", 60s},
        {"a leap second", "Tue, 14 Nov 2023 22:13:60 GMT", 40s},
        {"the last date of the form", "Fri, 31 Dec 9999 23:59:59 GMT", 3600s},
        {"a date of the past", "Sun, 06 Nov 1994 08:49:37 GMT", std::nullopt},
        {"the year 0", "Sun, 06 Nov 0000 08:49:37 GMT", std::nullopt},
        {"no such day", "Thu, 30 Feb 2024 00:00:00 GMT", std::nullopt},
        {"day 0", "Thu, 00 Mar 2024 00:00:00 GMT", std::nullopt},
        {"no such month", "Tue, 14 Nev 2023 22:14:20 GMT", std::nullopt},
        {"no such name of a day", "Toe, 14 Nov 2023 22:14:20 GMT", std::nullopt},
        {"no such hour", "Tue, 14 Nov 2023 24:14:20 GMT", std::nullopt},
        {"no such minute", "Tue, 14 Nov 2023 22:60:20 GMT", std::nullopt},
        {"no such second", "Tue, 14 Nov 2023 22:14:61 GMT", std::nullopt},
        {"another zone", "Tue, 14 Nov 2023 22:14:20 CET", std::nullopt},
        {"a sign in a date", "Tue, 14 Nov 2023 22:14:-1 GMT", std::nullopt},
        {"the RFC 850 form is refused", "Tuesday, 14-Nov-23 22:14:20 GMT", std::nullopt},
        {"the asctime form is refused", "Tue Nov 14 22:14:20 2023", std::nullopt},
        {"nothing", "", std::nullopt},
        {"spaces", "   ", std::nullopt},
        {"a negative number", "-5", std::nullopt},
        {"a plus sign", "+5", std::nullopt},
        {"a fraction", "1.5", std::nullopt},
        {"an exponent", "1e3", std::nullopt},
        {"hexadecimal", "0x10", std::nullopt},
        {"two numbers", "5 6", std::nullopt},
        {"a list", "5, 6", std::nullopt},
        {"beyond 64 bits", "9223372036854775808", std::nullopt},
        {"a thousand digits", std::string(1000, '9'), std::nullopt},
        {"a thousand zeros and a digit", std::string(1000, '0') + "5", 5s},
        {"a NUL inside", std::string("5\0", 2), std::nullopt},
        {"words", "soon", std::nullopt},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto got = core::retry_after(row.text, now);
            REQUIRE(got.has_value() == row.want.has_value());
            CHECK(got.value_or(0s).count() == row.want.value_or(0s).count());
        }
    }
}

TEST_CASE("Retry-After: whatever the bytes, the wait is from 1 s to 1 h or there is none") {
    const std::string alphabet = "0123456789 ,:-GMTSunNov\t";
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        std::string text =
            random.chance(0.5) ? "Tue, 14 Nov 2023 22:14:20 GMT" : std::string(random.below(30), '1');
        for (std::uint64_t left = random.below(6); left > 0 && !text.empty(); --left) {
            text[random.below(text.size())] = random.chance(0.1) ? static_cast<char>(random.below(256))
                                                                 : alphabet[random.below(alphabet.size())];
        }
        if (const auto wait = core::retry_after(text, now)) {
            CHECK(*wait >= 1s);
            CHECK(*wait <= 1h);
        }
    }
}
