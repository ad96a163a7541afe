// A server whose TLS is fine and whose HTTP/1.1 is not.
#include <doctest/doctest.h>

#include <string>

#include "tests/integration/hostile_world.hpp"

namespace {

using ports::ConnectionEnd;
using transport_test::HostileWorld;
using transport_test::many;
using transport_test::Misbehaviour;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("hostile http1: an answer that is no HTTP/1.1 is lost, with the reason") {
    struct Row {
        const char* because;
        const char* answer;
    };
    const Row rows[] = {
        {"another protocol", "220 mail.example ESMTP\r\n\r\n"},
        {"a status that there is not", "HTTP/1.1 099 Odd\r\n\r\n"},
        {"two lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{{.answer = row.answer, .hangs_up = true}};
            CHECK(hostile.ask(5s) == "lost: protocol");
            hostile.told("http1_protocol", ConnectionEnd::protocol, "");
        }
    }
}

// The fuzzer found that any line that begins with "HTTP/" was taken for a status line, wherever it stood and
// whatever followed: a header or a trailer after a 500 could make it a 204, and a status be five digits long.
TEST_CASE("hostile http1: the first line of a head gives the status, and no other line") {
    struct Row {
        const char* because;
        std::string answer;
        std::string want;
    };
    const std::string head = "HTTP/1.1 500 Oops\r\n";
    const Row rows[] = {
        {"a header named like a status line", head + "HTTP/x: 204\r\ncontent-length: 0\r\n\r\n", "500"},
        {"a trailer", head + "transfer-encoding: chunked\r\n\r\n0\r\nHTTP/x: 204\r\nretry-after: 9\r\n\r\n",
         "500"},
        {"the final answer after an interim one",
         "HTTP/1.1 103 Early\r\nretry-after: 9\r\n\r\n" + head + "content-length: 0\r\n\r\n", "500"},
        {"a status of five digits", "HTTP/1.1 18000 Odd\r\ncontent-length: 0\r\n\r\n", "lost: protocol"},
        {"a version that is none", "HTTP/bcr: 18000\n\r\nrest", "lost: protocol"},
        {"something else behind the status", "HTTP/1.1 429@Slow\r\ncontent-length: 0\r\n\r\n",
         "lost: protocol"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{{.answer = row.answer, .hangs_up = true}};
            CHECK(hostile.ask(5s) == row.want);
        }
    }
}

// Trailers without an end grew the worker by a third of a gigabyte a second: libcurl 7.88 keeps every header
// line, and its limit of 300 KiB is not for trailers.
TEST_CASE("hostile http1: a flood is bounded in time and memory") {
    struct Row {
        const char* because;
        Misbehaviour misbehaviour;
        const char* want;
        bool patiently = true;  // false: the deadline ends it
    };
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const Row rows[] = {
        {"of header lines",
         {.answer = head, .for_ever = many("x-flood: " + std::string(100, 'x') + "\r\n", 140)},
         "lost: protocol"},
        {"of one header line",
         {.answer = head + "x-flood: ", .for_ever = std::string(16'000, 'x')},
         "lost: reset"},
        {"of interim answers",
         {.for_ever = many("HTTP/1.1 103 Early\r\nx: y\r\n\r\n", 500)},
         "lost: protocol"},
        {"of body", {.answer = head + "\r\n", .for_ever = std::string(16'000, 'x')}, "200 torn"},
        {"of a chunk's extension",
         {.answer = head + "transfer-encoding: chunked\r\n\r\n5;x=", .for_ever = std::string(16'000, 'x')},
         "200 torn",
         false},
        {"of trailers",
         {.answer = head + "transfer-encoding: chunked\r\n\r\n0\r\n",
          .for_ever = many("x-flood: " + std::string(100, 'x') + "\r\n", 140)},
         "200 torn"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{row.misbehaviour};
            const std::string end = hostile.ask(row.patiently ? 20s : 600ms);
            CHECK(end == row.want);
            CHECK(hostile.memory_is_bounded());
        }
    }
}
