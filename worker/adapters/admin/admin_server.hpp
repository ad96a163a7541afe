// The admin port: / (a page for people), /metrics, /livez, /readyz (with the reason), /status and /record
// (JSON).
//
// The engine belongs to the loop's thread, so pages are made there, on demand: a request asks for its page,
// the loop is woken through wake_fd(), makes it in answer(), and the request's thread sends it. A page is
// therefore fresh, costs nothing while nobody asks, and its absence means that the loop does not turn: /livez
// says so.
//
// Threads: start(), answer() and stop() on the loop's thread; requests are served on the server's threads.
//
// Errors:  start() says why the port cannot be had. A page that does not come in time is a 503.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "worker/core/settle/lineage.hpp"

namespace admin {

struct Health {
    bool live = true;
    std::string live_reason{};  // when not
    bool ready = true;
    std::string ready_reason{};
};

// Called inside answer(), each only when somebody waits for it.
struct Pages {
    std::function<std::string()> metrics;  // Prometheus text format 0.0.4
    std::function<std::string()> status;   // JSON
    std::function<Health()> health;
    std::function<std::string(const core::Position&)> record;  // JSON
    std::function<std::string()> front;                        // HTML, as status_page() makes it
};

struct AdminSettings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::chrono::milliseconds answer_within{1000};
    // A page is given again for so long, so that many clients cannot keep the loop busy with pages.
    std::chrono::milliseconds fresh_for{100};
    std::chrono::milliseconds stop_within{2000};
};

class AdminServer {
public:
    // Listens when it returns, after 5 s at most. No other process shares the port.
    [[nodiscard]] static common::Result<std::unique_ptr<AdminServer>> start(
        AdminSettings settings, Pages pages);

    // Calls stop().
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    // Readable while a request waits for answer(); level-triggered. Owned by the server.
    [[nodiscard]] int wake_fd() const noexcept;

    // Makes the pages that requests wait for. Cheap when there are none: call it once a turn.
    void answer();

    // Waiting requests get a 503 and no more are taken. A client that keeps its connection busy cannot delay
    // this beyond stop_within: its thread is left behind.
    void stop();

private:
    struct State;
    explicit AdminServer(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace admin
