#include "worker/core/event/text.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("parse_rfc3339: a date, a time, an offset, nothing else") {
    struct Row {
        const char* because;
        std::string text;
        std::optional<long long> milliseconds;
    };
    const Row rows[] = {
        {"the epoch", "1970-01-01T00:00:00Z", 0},
        {"lower case", "1970-01-01t00:00:01z", 1000},
        {"milliseconds", "1970-01-01T00:00:00.250Z", 250},
        {"one digit of fraction", "1970-01-01T00:00:00.5Z", 500},
        {"finer digits are cut off", "1970-01-01T00:00:00.0019999999Z", 1},
        {"an eastern offset is earlier", "1970-01-01T01:00:00+01:00", 0},
        {"a western offset is later", "1969-12-31T18:30:00-05:30", 0},
        {"unknown local offset", "1970-01-01T00:00:00-00:00", 0},
        {"before the epoch", "1969-12-31T23:59:59.999Z", -1},
        {"a leap second", "2016-12-31T23:59:60Z", 1483228800000},
        {"a leap day", "2024-02-29T00:00:00Z", 1709164800000},
        {"a leap day of a common year", "2026-02-29T00:00:00Z", {}},
        {"a century without a leap day", "1900-02-29T00:00:00Z", {}},
        {"month 0", "2026-00-01T00:00:00Z", {}},
        {"November 31", "2026-11-31T00:00:00Z", {}},
        {"hour 24", "2026-11-20T24:00:00Z", {}},
        {"minute 60", "2026-11-20T00:60:00Z", {}},
        {"second 61", "2026-11-20T00:00:61Z", {}},
        {"no offset", "2026-11-20T00:00:00", {}},
        {"an offset without minutes", "2026-11-20T00:00:00+01", {}},
        {"offset hour 24", "2026-11-20T00:00:00+24:00", {}},
        {"a point without digits", "2026-11-20T00:00:00.Z", {}},
        {"a comma", "2026-11-20T00:00:00,5Z", {}},
        {"a space", "2026-11-20 00:00:00Z", {}},
        {"no seconds", "2026-11-20T00:00Z", {}},
        {"a sign", "+2026-11-20T00:00:00Z", {}},
        {"a sign in a number", "2026-+1-20T00:00:00Z", {}},
        {"something after it", "2026-11-20T00:00:00Z ", {}},
        {"NUL after it", std::string("2026-11-20T00:00:00Z\0", 21), {}},
        {"an empty text", "", {}},
        {"64 characters", "2026-11-20T00:00:00." + std::string(43, '0') + "Z", 1795132800000},
        {"65 characters", "2026-11-20T00:00:00." + std::string(44, '0') + "Z", {}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto time = core::parse_rfc3339(row.text);
            REQUIRE(time.has_value() == row.milliseconds.has_value());
            if (time) {
                CHECK(time->time_since_epoch().count() == *row.milliseconds);
            }
        }
    }
}

TEST_CASE("is_traceparent: what the W3C calls well-formed") {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const auto with = [&](std::size_t at, std::string_view text) {
        return std::string{good}.replace(at, text.size(), text);
    };
    CHECK(core::is_traceparent(good));
    CHECK(core::is_traceparent(with(0, "01")));
    CHECK_FALSE(core::is_traceparent(with(0, "ff")));
    CHECK_FALSE(core::is_traceparent(with(3, "A")));
    CHECK_FALSE(core::is_traceparent(with(2, "_")));
    CHECK_FALSE(core::is_traceparent(with(3, std::string(32, '0'))));
    CHECK_FALSE(core::is_traceparent(with(36, std::string(16, '0'))));
    CHECK_FALSE(core::is_traceparent(good + "-00"));
    CHECK_FALSE(core::is_traceparent(good.substr(1)));
    CHECK_FALSE(core::is_traceparent(""));
}

TEST_CASE("is_json_media_type: json or +json, with parameters") {
    for (const char* type :
         {"application/json", "text/json", "application/vnd.x+JSON", " application/json ; charset=utf-8"}) {
        CAPTURE(std::string{type});
        CHECK(core::is_json_media_type(type));
    }
    for (const char* type : {"", ";", "json", "application/xml", "application/json-seq", "a/b;x=/json"}) {
        CAPTURE(std::string{type});
        CHECK_FALSE(core::is_json_media_type(type));
    }
}
