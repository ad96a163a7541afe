#include "worker/adapters/http2/session.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <variant>

#include "tests/unit/http2/memory_server.hpp"

namespace {

using adapters::http2::Session;
using adapters::http2::SessionSettings;
using http2_test::MemoryServer;
using namespace std::chrono_literals;

constexpr common::Instant start{1h};

ports::OutgoingRequest request(std::uint64_t id, common::Duration timeout = 10s, std::string body = "{}") {
    ports::OutgoingRequest outgoing;
    outgoing.id = core::ExchangeId{id};
    outgoing.request.path = "/account/v1/autoSignIn/delete";
    outgoing.request.content_type = "application/json";
    outgoing.request.body = common::Secret{std::move(body)};
    outgoing.authorization = common::Secret{"Bearer jwt"};
    outgoing.deadline = start + timeout;
    return outgoing;
}

// "200" "200 torn" "not sent: goaway" "lost: reset"
std::string text_of(const core::Exchange& exchange) {
    static constexpr const char* not_sent[] = {
        "refused_stream", "goaway", "no_connection", "deadline_before_sending", "no_credential"};
    static constexpr const char* lost[] = {"deadline", "reset", "protocol"};
    if (const auto* answer = std::get_if<core::Answer>(&exchange)) {
        return std::to_string(answer->status) + (answer->body_torn ? " torn" : "");
    }
    if (const auto* kept = std::get_if<core::NotSent>(&exchange)) {
        return std::string{"not sent: "} + not_sent[static_cast<std::size_t>(kept->reason)];
    }
    return std::string{"lost: "} + lost[static_cast<std::size_t>(std::get<core::Lost>(exchange).reason)];
}

struct Pair {
    std::vector<core::ExchangeEnded> ended;
    MemoryServer server;
    Session client;

    explicit Pair(std::int64_t streams_max = -1, SessionSettings settings = {"apple.test", ""})
        : server{streams_max}, client{settings, ended} {
        server.talk(client);
    }
    bool talk() { return server.talk(client); }
    std::string end_of(std::uint64_t id) const {
        std::string found;
        for (const auto& end : ended) {
            if (end.id == core::ExchangeId{id}) {
                found += text_of(end.exchange);
            }
        }
        return found.empty() ? "open" : found;
    }
    const core::Answer& answer(std::size_t at) const { return std::get<core::Answer>(ended.at(at).exchange); }
};

}  // namespace

TEST_CASE("session: a request arrives whole, with the base URL's path in front") {
    Pair pair{-1, {"apple.test:8443", "/sandbox"}};
    pair.client.submit(request(1));
    pair.talk();
    REQUIRE(pair.server.requests() == 1);
    const auto& seen = pair.server.request(0);
    CHECK(seen.fields.at(":method") == "POST");
    CHECK(seen.fields.at(":scheme") == "https");
    CHECK(seen.fields.at(":authority") == "apple.test:8443");
    CHECK(seen.fields.at(":path") == "/sandbox/account/v1/autoSignIn/delete");
    CHECK(seen.fields.at("authorization") == "Bearer jwt");
    CHECK(seen.fields.at("content-type") == "application/json");
    CHECK(seen.fields.at("content-length") == "2");
    CHECK(seen.body == "{}");
    CHECK(seen.whole);
}

TEST_CASE("session: an answer brings its status, the headers that matter and its body") {
    Pair pair;
    pair.client.submit(request(1));
    pair.talk();
    pair.server.interim(0);
    pair.server.answer(
        0, "429",
        {{"date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"retry-after", "12"}, {"content-type", "text/html"}},
        "slow");
    pair.talk();
    REQUIRE(pair.end_of(1) == "429");
    CHECK(pair.answer(0).retry_after == "12");
    CHECK(pair.answer(0).content_type == "text/html");
    CHECK(pair.answer(0).date == common::WallTime{784111777s});
    CHECK(pair.answer(0).body == "slow");
    CHECK(pair.client.alive() == 0);
    CHECK(pair.client.answers() == 1);
}

TEST_CASE("session: how an exchange ends") {
    struct Row {
        const char* because;
        std::function<void(Pair&)> happens;  // request 1 has arrived
        const char* want;
    };
    const Row rows[] = {
        {"a plain answer", [](Pair& pair) { pair.server.answer(0, "204"); }, "204"},
        {"a redirect is an answer",
         [](Pair& pair) {
             pair.server.answer(0, "302", {{"location", "/"}});
         },
         "302"},
        {"refused streams were not processed",
         [](Pair& pair) { pair.server.reset(0, NGHTTP2_REFUSED_STREAM); }, "not sent: refused_stream"},
        {"any other reset may have been processed",
         [](Pair& pair) { pair.server.reset(0, NGHTTP2_INTERNAL_ERROR); }, "lost: reset"},
        {"a reset inside the body leaves the status",
         [](Pair& pair) {
             pair.server.begin(0, "200", "ha");
             pair.talk();
             pair.server.reset(0, NGHTTP2_INTERNAL_ERROR);
         },
         "200 torn"},
        {"streams above GOAWAY's were not processed", [](Pair& pair) { pair.server.go_away(0); },
         "not sent: goaway"},
        {"streams below GOAWAY's are still answered",
         [](Pair& pair) {
             pair.server.go_away(1);
             pair.talk();
             pair.server.answer(0, "204");
         },
         "204"},
        {"the connection ends under it", [](Pair& pair) { pair.client.abandon(); }, "lost: reset"},
        {"the connection ends inside the body",
         [](Pair& pair) {
             pair.server.begin(0, "500", "ha");
             pair.talk();
             pair.client.abandon();
         },
         "500 torn"},
        {"a body without end is cut",
         [](Pair& pair) { pair.server.begin(0, "200", std::string(core::answer_body_bytes_max + 1, 'x')); },
         "200 torn"},
        {"a body of exactly the most is whole",
         [](Pair& pair) { pair.server.answer(0, "200", {}, std::string(core::answer_body_bytes_max, 'x')); },
         "200"},
        {"header text beyond all measure resets the stream",
         [](Pair& pair) {
             pair.server.answer(0, "200", {{"x", std::string(17000, 'x')}});
         },
         "200 torn"},
        {"no answer in time", [](Pair& pair) { pair.client.expire(start + 10s); }, "lost: deadline"},
        {"not a nanosecond early", [](Pair& pair) { pair.client.expire(start + 10s - 1ns); }, "open"},
        {"nonsense instead of frames",
         [](Pair& pair) {
             // A SETTINGS frame on a stream is a connection error.
             const std::uint8_t bytes[] = {0, 0, 0, 4, 0, 0, 0, 0, 1};
             (void)pair.client.consume(bytes, sizeof bytes);
             pair.talk();
             CHECK(pair.client.over());
             pair.client.abandon();
         },
         "lost: protocol"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            Pair pair;
            pair.client.submit(request(1));
            REQUIRE(pair.talk());
            row.happens(pair);
            pair.talk();
            CHECK(pair.end_of(1) == row.want);
            CHECK(pair.client.alive() == (std::string_view{row.want} == "open" ? 1 : 0));
        }
    }
}

TEST_CASE("session: trailers are not mistaken for headers") {
    Pair pair;
    pair.client.submit(request(1));
    pair.talk();
    pair.server.begin(0, "200", "ha");
    pair.talk();
    pair.server.trailers(0, {{"retry-after", "99"}});
    pair.talk();
    REQUIRE(pair.end_of(1) == "200");
    CHECK_FALSE(pair.answer(0).retry_after);
    CHECK(pair.answer(0).body == "ha");
}

TEST_CASE("session: what was never made into bytes was not sent") {
    Pair pair;
    SUBCASE("when the connection ends") {
        pair.client.submit(request(1));
        pair.client.abandon();
        CHECK(pair.end_of(1) == "not sent: no_connection");
    }
    SUBCASE("when its deadline passes, and then it never leaves") {
        pair.client.submit(request(1));
        pair.client.expire(start + 10s);
        pair.talk();
        CHECK(pair.end_of(1) == "not sent: deadline_before_sending");
        CHECK(pair.server.requests() == 0);
        CHECK(pair.client.streams_free() == 1000);
    }
    SUBCASE("when GOAWAY came first") {
        pair.client.submit(request(1));
        pair.server.go_away(0);
        MemoryServer& server = pair.server;
        // The server speaks first: its GOAWAY is here before our bytes are made.
        server.talk(pair.client);
        CHECK(pair.end_of(1).substr(0, 8) == "not sent");
    }
}

TEST_CASE("session: it waits for the server's limit and obeys it") {
    std::vector<core::ExchangeEnded> ended;
    Session early{{"apple.test", ""}, ended};
    CHECK_FALSE(early.ready());
    CHECK(early.streams_free() == 0);

    Pair pair{3};
    CHECK(pair.client.ready());
    CHECK(pair.client.streams_allowed() == 3);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        REQUIRE(pair.client.streams_free() == 4 - id);
        pair.client.submit(request(id));
    }
    CHECK(pair.client.streams_free() == 0);
    pair.talk();
    pair.server.answer(1, "204");
    pair.talk();
    CHECK(pair.client.streams_free() == 1);
    pair.server.allow(0);
    pair.talk();
    CHECK(pair.client.streams_allowed() == 0);
    CHECK(pair.client.streams_free() == 0);
    pair.server.allow(1'000'000);
    pair.talk();
    CHECK(pair.client.streams_allowed() == 1000);  // our own limit
}

TEST_CASE("session: a few timeouts are cancelled, a burst wears the connection out instead") {
    Pair pair;
    for (std::uint64_t id = 1; id <= 30; ++id) {
        pair.client.submit(request(id));
    }
    pair.talk();
    pair.client.expire(start + 10s);
    pair.talk();
    std::size_t cancelled = 0;
    for (std::size_t at = 0; at < 30; ++at) {
        CHECK(pair.end_of(at + 1) == "lost: deadline");
        cancelled += pair.server.request(at).cancelled ? 1 : 0;
    }
    CHECK(cancelled == 10);
    CHECK(pair.client.worn_out());
    CHECK(pair.client.alive() == 0);
    // Those not cancelled still take their place at the server until it answers; nobody is told twice.
    CHECK(pair.client.streams_free() == 980);
    pair.server.answer(29, "204");
    pair.talk();
    CHECK(pair.end_of(30) == "lost: deadline");
    CHECK(pair.client.streams_free() == 981);
}

TEST_CASE("session: deadlines are kept in whatever order they were given") {
    Pair pair;
    pair.client.submit(request(1, 30s));
    pair.client.submit(request(2, 10s));
    pair.client.submit(request(3, 20s));
    pair.talk();
    CHECK(pair.client.next_deadline() == start + 10s);
    pair.client.expire(start + 15s);
    CHECK(pair.end_of(2) == "lost: deadline");
    CHECK(pair.client.next_deadline() == start + 20s);
    pair.client.expire(start + 20s);
    CHECK(pair.end_of(3) == "lost: deadline");
    CHECK(pair.end_of(1) == "open");
}

TEST_CASE("session: retired means no more requests, goodbye means over") {
    SUBCASE("by us") {
        Pair pair;
        pair.client.submit(request(1));
        pair.talk();
        pair.client.retire();
        CHECK(pair.client.retired());
        CHECK(pair.client.streams_free() == 0);
        pair.server.answer(0, "204");
        pair.talk();
        CHECK(pair.end_of(1) == "204");
        pair.client.say_goodbye();
        pair.talk();
        CHECK(pair.client.over());
        CHECK_FALSE(pair.client.protocol_broken());
    }
    SUBCASE("by GOAWAY") {
        Pair pair;
        pair.server.go_away(0);
        pair.talk();
        CHECK(pair.client.retired());
        CHECK(pair.client.goaway_received());
        CHECK(pair.client.streams_free() == 0);
    }
    SUBCASE("by the number of requests") {
        Pair pair{-1, {"apple.test", "", 1000, 1}};
        pair.client.submit(request(1));
        CHECK(pair.client.used_up());
        CHECK(pair.client.streams_free() == 0);
    }
}

TEST_CASE("session: a body larger than every window arrives whole") {
    Pair pair;
    const std::string body(300'000, 'b');
    pair.client.submit(request(1, 10s, body));
    pair.talk();
    CHECK(pair.server.request(0).body == body);
    CHECK(pair.server.request(0).whole);
}
