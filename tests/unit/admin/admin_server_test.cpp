#include "worker/adapters/admin/admin_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using admin::AdminServer;
using admin::AdminSettings;
using admin::Health;
using admin::Pages;
using namespace std::chrono_literals;

namespace {

// What the loop would show; used on the loop's thread alone.
struct World {
    int metrics_made = 0;
    int status_made = 0;
    int health_made = 0;
    int records_made = 0;
    Health health{};

    Pages pages() {
        return {
            [this] { return "made " + std::to_string(++metrics_made) + "\n"; },
            [this] {
                ++status_made;
                return std::string{"{\"a\":1}\n"};
            },
            [this] {
                ++health_made;
                return health;
            },
            [this](const core::Position& asked) {
                ++records_made;
                return core::position_text(asked.partition, asked.offset);
            },
            [] { return std::string{"<!DOCTYPE html>"}; }};
    }
};

AdminSettings eager() {
    AdminSettings settings;
    settings.fresh_for = 0ms;
    settings.answer_within = 20s;  // far more than any machine needs: a miss is a failure, not a slow test
    return settings;
}

std::unique_ptr<AdminServer> started(const AdminSettings& settings, Pages pages) {
    auto server = AdminServer::start(settings, std::move(pages));
    REQUIRE(server);
    return std::move(server).value();
}

// Asks on a thread of its own while this one plays the loop: it sleeps on wake_fd() and answers.
httplib::Result get(AdminServer& server, const std::string& path) {
    std::atomic<bool> done{false};
    std::optional<httplib::Result> result;
    std::thread client{[&] {
        httplib::Client http{"127.0.0.1", server.port()};
        http.set_read_timeout(30);
        result.emplace(http.Get(path));
        done = true;
    }};
    while (!done) {
        pollfd wake{server.wake_fd(), POLLIN, 0};
        if (::poll(&wake, 1, 10) == 1) {
            server.answer();
        }
    }
    client.join();
    return std::move(*result);
}

int connected(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

}  // namespace

TEST_CASE("each page is made by the loop when somebody asks, and no other page with it") {
    World world;
    const auto server = started(eager(), world.pages());
    server->answer();
    CHECK(world.metrics_made + world.status_made + world.health_made == 0);

    const auto metrics = get(*server, "/metrics");
    REQUIRE(metrics);
    CHECK(metrics->status == 200);
    CHECK(metrics->body == "made 1\n");
    CHECK(metrics->get_header_value("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(get(*server, "/metrics")->body == "made 2\n");
    CHECK(world.status_made + world.health_made == 0);

    const auto status = get(*server, "/status");
    CHECK(status->body == "{\"a\":1}\n");
    CHECK(status->get_header_value("Content-Type") == "application/json");
    server->answer();
    CHECK(world.metrics_made == 2);
}

TEST_CASE("livez and readyz say the reason when they refuse") {
    struct Row {
        const char* because;
        Health health;
        const char* path;
        int status;
        const char* body;
    };
    const Row rows[] = {
        {"alive", {true, "", false, "draining"}, "/livez", 200, "ok\n"},
        {"stuck",
         {false, "the frontier does not move", true, ""},
         "/livez",
         503,
         "the frontier does not move\n"},
        {"ready", {true, "", true, ""}, "/readyz", 200, "ok\n"},
        {"not ready",
         {true, "", false, "no partitions assigned yet"},
         "/readyz",
         503,
         "no partitions assigned yet\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            World world;
            world.health = row.health;
            const auto server = started(eager(), world.pages());
            const auto answer = get(*server, row.path);
            REQUIRE(answer);
            CHECK(answer->status == row.status);
            CHECK(answer->body == row.body);
        }
    }
}

TEST_CASE("a loop that does not turn is a 503 on every page") {
    World world;
    AdminSettings settings;
    settings.answer_within = 20ms;
    const auto server = started(settings, world.pages());
    httplib::Client http{"127.0.0.1", server->port()};
    for (const char* path : {"/metrics", "/status", "/record?at=events/0/1", "/livez", "/readyz"}) {
        const std::string page = path;
        CAPTURE(page);
        const auto answer = http.Get(path);
        REQUIRE(answer);
        CHECK(answer->status == 503);
        CHECK(answer->body.starts_with("the loop does not turn"));
    }
}

TEST_CASE("many clients in a short time cost the loop one page") {
    World world;
    AdminSettings settings = eager();
    settings.fresh_for = 1h;
    const auto server = started(settings, world.pages());
    for (int at = 0; at < 5; ++at) {
        CHECK(get(*server, "/metrics")->body == "made 1\n");
    }
    CHECK(world.metrics_made == 1);
}

TEST_CASE("a page about a record is about the one that was asked for, and costs the loop one look") {
    World world;
    AdminSettings settings = eager();
    settings.fresh_for = 1ms;
    const auto server = started(settings, world.pages());
    const auto page = get(*server, "/record?at=events%2F3%2F42");
    CHECK(page->status == 200);
    CHECK(page->body == "events/3/42");
    CHECK(page->get_header_value("Content-Type") == "application/json");
    CHECK(get(*server, "/record?at=events/3/43")->body == "events/3/43");
    CHECK(world.records_made == 2);
    for (const char* path : {"/record", "/record?at=", "/record?at=events/3", "/record?at=events/3/-1"}) {
        const std::string asked = path;
        CAPTURE(asked);
        CHECK(get(*server, path)->status == 400);
    }
    CHECK(world.records_made == 2);
}

TEST_CASE("another record is looked at only when the last page is no longer fresh, the same one not again") {
    World world;
    AdminSettings settings = eager();
    settings.fresh_for = 1h;
    settings.answer_within = 20ms;
    const auto server = started(settings, world.pages());
    // Asked until the machine is quick enough for 20 ms.
    while (world.records_made == 0 || get(*server, "/record?at=events/0/1")->status != 200) {
        static_cast<void>(get(*server, "/record?at=events/0/1"));
    }
    CHECK(get(*server, "/record?at=events/0/2")->status == 503);
    CHECK(get(*server, "/record?at=events/0/1")->status == 200);
}

TEST_CASE("what is not there is a 404 that says what is, and a page that is written to a 405") {
    World world;
    const auto server = started(eager(), world.pages());
    CHECK(get(*server, "/index.html")->status == 404);
    CHECK(get(*server, "/metrics/../secret")->status == 404);
    CHECK(get(*server, "/nothing")->body.find("/metrics") != std::string::npos);
    httplib::Client http{"127.0.0.1", server->port()};
    const auto posted = http.Post("/metrics", "x", "text/plain");
    CHECK(posted->status == 405);
    CHECK(posted->body == "this page can only be read: GET /metrics\n");
    CHECK(posted->get_header_value("Allow") == "GET, HEAD");
    CHECK(http.Post("/nothing", "x", "text/plain")->status == 404);
    CHECK(http.Post("/metrics", std::string(5000, 'x'), "text/plain")->status == 413);
}

TEST_CASE("the front page renews itself unless it is asked not to, and a browser loads nothing for it") {
    World world;
    const auto server = started(eager(), world.pages());
    const auto front = get(*server, "/");
    REQUIRE(front);
    CHECK(front->status == 200);
    CHECK(front->body == "<!DOCTYPE html>");
    CHECK(front->get_header_value("Content-Type") == "text/html; charset=utf-8");
    CHECK(front->get_header_value("Refresh") == "5");
    CHECK_FALSE(get(*server, "/?refresh=off")->has_header("Refresh"));
    for (const char* path : {"/", "/status", "/nothing"}) {
        const auto answer = get(*server, path);
        CHECK(answer->get_header_value_count("Content-Security-Policy") == 1);
        CHECK(answer->get_header_value("Content-Security-Policy")
                  .starts_with("default-src 'none'; style-src 'sha256-"));
        CHECK(answer->get_header_value("X-Content-Type-Options") == "nosniff");
        CHECK(answer->get_header_value("Referrer-Policy") == "no-referrer");
        CHECK(answer->get_header_value("Cache-Control") == "no-store");
    }
}

TEST_CASE("a port that is taken is an error with the address, also against another worker") {
    World world;
    const auto first = started(eager(), world.pages());
    AdminSettings settings = eager();
    settings.port = first->port();
    const auto second = AdminServer::start(settings, world.pages());
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find("127.0.0.1:" + std::to_string(first->port())) != std::string::npos);

    settings.host = "192.0.2.1";  // of nobody (RFC 5737)
    CHECK_FALSE(AdminServer::start(settings, world.pages()));
}

TEST_CASE("stopping gives waiting requests a 503 and closes the port") {
    World world;
    const auto server = started(eager(), world.pages());
    const std::uint16_t port = server->port();
    std::optional<httplib::Result> result;
    std::thread client{[&] {
        httplib::Client http{"127.0.0.1", port};
        http.set_read_timeout(30);
        result.emplace(http.Get("/metrics"));
    }};
    pollfd wake{server->wake_fd(), POLLIN, 0};
    REQUIRE(::poll(&wake, 1, 30'000) == 1);  // the request is waiting now
    server->stop();
    client.join();
    REQUIRE(*result);
    CHECK((*result)->status == 503);
    CHECK_FALSE(httplib::Client("127.0.0.1", port).Get("/metrics"));
    server->stop();
}

TEST_CASE("a client that says nothing neither blocks others nor the stop") {
    World world;
    AdminSettings settings = eager();
    settings.stop_within = 20s;  // the server's own timeout for a silent client ends it long before
    auto server = started(settings, world.pages());
    std::vector<int> silent;
    for (int at = 0; at < 3; ++at) {
        silent.push_back(connected(server->port()));
    }
    const std::string half = "GET /metrics HTTP/1.1\r\nHost:";
    REQUIRE(
        ::send(silent.front(), half.data(), half.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(half.size()));
    CHECK(get(*server, "/status")->status == 200);
    server.reset();
    for (const int fd : silent) {
        ::close(fd);
    }
}

TEST_CASE("a probe is answered at once behind hundreds of clients that say nothing, or half a line") {
    // There were four threads: four silent connections kept /livez waiting for 4.8 s, and 300 half request
    // lines for longer than any probe waits, so somebody else's stuck clients would have had the worker
    // restarted.
    World world;
    auto server = started(eager(), world.pages());
    const std::string half = "GET /liv";
    std::vector<int> clients;
    for (int at = 0; at < 300; ++at) {
        clients.push_back(connected(server->port()));
        if (at % 2 == 0) {
            REQUIRE(
                ::send(clients.back(), half.data(), half.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(half.size()));
        }
    }
    const auto asked = std::chrono::steady_clock::now();
    CHECK(get(*server, "/livez")->status == 200);
    const auto waited = std::chrono::steady_clock::now() - asked;
    // Four threads would need a minute; a machine under load needs part of a second.
    CHECK(waited < 10s);
    for (const int fd : clients) {
        ::close(fd);
    }
}
