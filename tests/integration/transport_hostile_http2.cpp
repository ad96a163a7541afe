// A server whose TLS is fine and whose HTTP/2 is not.
#include <doctest/doctest.h>

#include <string>

#include "tests/integration/hostile_world.hpp"

namespace {

using ports::ConnectionEnd;
using transport_test::h2_frame;
using transport_test::HostileWorld;
using transport_test::many;
using transport_test::Misbehaviour;
using namespace std::chrono_literals;

constexpr std::uint8_t data = 0;
constexpr std::uint8_t headers = 1;
constexpr std::uint8_t reset = 3;
constexpr std::uint8_t settings = 4;
constexpr std::uint8_t push = 5;
constexpr std::uint8_t ping = 6;
constexpr std::uint8_t window = 8;
constexpr std::uint8_t continuation = 9;
constexpr std::uint8_t end_stream = 1;
constexpr std::uint8_t end_headers = 4;

const std::string status_200{"\x88"};

std::string hello() {
    return h2_frame(settings, 0, 0, {}) + h2_frame(settings, 1, 0, {});
}

// A header without Huffman or table: `name` and `value` shorter than 127 bytes.
std::string field(const std::string& name, const std::string& value) {
    return '\0' + std::string(1, static_cast<char>(name.size())) + name +
           std::string(1, static_cast<char>(value.size())) + value;
}

}  // namespace

TEST_CASE("hostile http2: a broken protocol ends the connection, and what was sent counts as lost") {
    struct Row {
        const char* because;
        std::string answer;
        const char* words;
        const char* want = "lost: protocol";
    };
    const Row rows[] = {
        {"another protocol", "HTTP/1.1 400 Bad Request\r\n\r\nThis is no HTTP/2, whatever ALPN says.", ""},
        {"a frame larger than we allow", h2_frame(headers, end_headers, 1, std::string(20'000, 'x')),
         "too large"},
        {"headers of no stream", h2_frame(headers, end_headers, 0, status_200), "stream_id == 0"},
        {"a body of a stream that never was", h2_frame(data, 0, 99, "body"), ""},
        {"a pushed stream, which we switched off",
         h2_frame(push, end_headers, 1, std::string{"\0\0\0\2\x88", 5}), ""},
        {"settings of a length that they cannot have", h2_frame(settings, 0, 0, "12345"), ""},
        {"a window of more than 2^31", h2_frame(settings, 0, 0, std::string{"\0\4\xff\xff\xff\xff", 6}), ""},
        {"a window that overflows", many(h2_frame(window, 0, 0, "\x7f\xff\xff\xff"), 2), ""},
        {"headers that HPACK cannot read", h2_frame(headers, end_headers, 1, "\xff\xff\xff\xff\xff\xff"), ""},
        {"a header block that something interrupts",
         h2_frame(headers, 0, 1, status_200) + h2_frame(ping, 0, 0, "12345678"), "", "200 torn"},
        {"a continuation of nothing", h2_frame(continuation, end_headers, 1, status_200), ""},
        {"padding longer than its frame", h2_frame(data, 8, 1, "\xff"), ""},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{{.greeting = hello(), .answer = row.answer}};
            const std::string end = hostile.ask(20s);
            CHECK(end == row.want);
            hostile.told("http2_protocol", ConnectionEnd::protocol, row.words);
        }
    }
}

TEST_CASE("hostile http2: a connection that opens with nonsense has not sent anything") {
    struct Row {
        const char* because;
        std::string greeting;
        const char* event;
        ConnectionEnd end;
        const char* words;
        common::Duration establish = 10s;
    };
    const Row rows[] = {
        {"another protocol", "220 mail.example ESMTP, whatever ALPN says, and more of it\r\n",
         "http2_protocol", ConnectionEnd::protocol, "broke the HTTP/2 protocol"},
        {"no SETTINGS first", h2_frame(ping, 0, 0, "12345678"), "http2_protocol", ConnectionEnd::protocol,
         ""},
        {"no SETTINGS ever", "", "http2_tls_failed", ConnectionEnd::tls_failed, "no HTTP/2 SETTINGS in time",
         300ms},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{{.greeting = row.greeting}, {}, row.establish};
            CHECK(hostile.ask(20s) == "not sent: no_connection");
            CHECK(hostile.server.requests() == 0);
            hostile.told(row.event, row.end, row.words);
        }
    }
}

TEST_CASE("hostile http2: a flood is bounded in time and memory") {
    const std::string header = field("x-flood", std::string(100, 'x'));
    const std::string large = many(header, 140);
    struct Row {
        const char* because;
        Misbehaviour misbehaviour;
        const char* want;
        bool patiently = true;  // false: the deadline ends it
    };
    const Row rows[] = {
        {"of header text, in one block without an end",
         {.answer = h2_frame(headers, 0, 1, status_200), .for_ever = h2_frame(continuation, 0, 1, large)},
         "200 torn"},
        {"of interim answers",
         {.for_ever = many(h2_frame(headers, end_headers, 1, field(":status", "103") + header), 50)},
         "lost: protocol"},
        {"of body",
         {.answer = h2_frame(headers, end_headers, 1, status_200),
          .for_ever = h2_frame(data, 0, 1, std::string(16'000, 'x'))},
         "200 torn"},
        {"of empty pieces of body",
         {.answer = h2_frame(headers, end_headers, 1, status_200),
          .for_ever = many(h2_frame(data, 0, 1, ""), 500)},
         "200 torn",
         false},
        {"of pings", {.for_ever = many(h2_frame(ping, 0, 0, "12345678"), 500)}, "lost: protocol"},
        {"of settings", {.for_ever = many(h2_frame(settings, 0, 0, ""), 500)}, "lost: protocol"},
        {"of resets of streams that are gone",
         {.answer = h2_frame(headers, end_headers | end_stream, 1, status_200),
          .for_ever = many(h2_frame(reset, 0, 1, std::string{"\0\0\0\2", 4}), 500)},
         "200"},
        {"of frames that nobody knows",
         {.for_ever = h2_frame(0xEE, 0, 0, std::string(16'000, 'x'))},
         "lost: deadline",
         false},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Misbehaviour misbehaviour = row.misbehaviour;
            misbehaviour.greeting = hello();
            HostileWorld hostile{misbehaviour};
            const std::string end = hostile.ask(row.patiently ? 20s : 600ms);
            CHECK(end == row.want);
            CHECK(hostile.memory_is_bounded());
        }
    }
}

TEST_CASE(
    "hostile http2: SETTINGS of no stream hold requests until their deadline, of one let them go singly") {
    transport_test::World world{{.streams_max = 0}, {.connections_max = 1}};
    CHECK(world.ask(1, 300ms) == "not sent: deadline_before_sending");
    CHECK(world.requests_at_apple() == 0);
    CHECK(transport_test::stats_of(*world.transport).connections_open == 1);
    CHECK(world.notices.empty());  // it may do so
    sim::Fault slow;
    slow.kind = sim::FaultKind::delay_answer;
    slow.delay = 20ms;
    world.script({slow});
    world.server->allow_streams(1);
    for (std::uint64_t id = 2; id <= 6; ++id) {
        world.send(id);
    }
    REQUIRE(world.turn_until([&] {
        const auto stats = transport_test::stats_of(*world.transport);
        CHECK(stats.exchanges_in_flight <= 1);
        return world.ended.contains(6);
    }));
    for (std::uint64_t id = 2; id <= 6; ++id) {
        CHECK(world.await(id) == "401");
    }
    CHECK(world.capacity == 1);
}
