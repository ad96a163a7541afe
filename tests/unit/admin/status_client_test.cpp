// Asking a worker about a record, against servers that are none.
#include "worker/adapters/admin/status_client.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/loopback_listener.hpp"

namespace {

using namespace std::chrono_literals;

// Answers one connection with `head` and then the same text again and again, until the client is gone.
class Server {
public:
    Server(std::string head, std::string again, int milliseconds_between)
        : thread_{[this, head = std::move(head), again = std::move(again), milliseconds_between] {
              const int peer = ::accept(listener_.fd(), nullptr, nullptr);
              pollfd client{peer, POLLRDHUP, 0};
              bool sent = ::send(peer, head.data(), head.size(), MSG_NOSIGNAL) > 0;
              while (sent && ::poll(&client, 1, milliseconds_between) == 0) {
                  sent = ::send(peer, again.data(), again.size(), MSG_NOSIGNAL) > 0;
              }
              ::close(peer);
          }} {}
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        listener_.interrupt();
        thread_.join();
    }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }

private:
    test_support::LoopbackListener listener_;
    std::thread thread_;
};

const core::Position place{{"events", 3}, core::Offset{7}};

}  // namespace

TEST_CASE("status client: an answer without an end is not kept") {
    Server server{"HTTP/1.1 200 OK\r\n\r\n", std::string(65'536, 'x'), 0};
    const auto page = admin::fetch_record(server.url(), place, 60s);
    REQUIRE_FALSE(page);
    CHECK(page.error().message.find("answered more than 1048576 bytes") != std::string::npos);
}

// Every single read was in time.
TEST_CASE("status client: whoever sends a byte now and then is not listened to for ever") {
    for (const char* head : {"HTTP/1.1 200 OK\r\nx-slow: ", "HTTP/1.1 200 OK\r\n\r\n"}) {
        Server server{head, "x", 5};
        const auto page = admin::fetch_record(server.url(), place, 300ms);
        REQUIRE_FALSE(page);
        CHECK(page.error().message.find("no whole answer within 0.3 s") != std::string::npos);
    }
}
