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
