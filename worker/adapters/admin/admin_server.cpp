#include "worker/adapters/admin/admin_server.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "worker/adapters/admin/page_desk.hpp"
#include "worker/adapters/admin/page_style.hpp"
#include "worker/adapters/admin/request_threads.hpp"

namespace admin {
namespace {

// More than anybody needs. Connections that say nothing hold one for client_timeout each.
constexpr std::size_t connections_max = 512;
constexpr int backlog = 128;
constexpr std::size_t request_body_bytes_max = 1024;
constexpr std::chrono::seconds client_timeout{1};
constexpr std::chrono::seconds start_within{5};

constexpr const char* plain_text = "text/plain; charset=utf-8";
constexpr const char* silence = "the loop does not turn: it did not answer in time\n";

// httplib's own default is SO_REUSEPORT, with which two workers would share the port and each scrape would
// meet one of them by chance.
void reuse_address(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

class TaskQueue final : public httplib::TaskQueue {
public:
    void enqueue(std::function<void()> job) override { threads_.run(std::move(job)); }
    void shutdown() override { threads_.shutdown(); }

private:
    RequestThreads threads_{connections_max};
};

class Server final : public httplib::Server {
public:
    // httplib listens with a backlog of 5: a burst of connections would keep a probe outside.
    void widen_the_door() { static_cast<void>(::listen(svr_sock_, backlog)); }
};

constexpr std::array<std::string_view, 6> paths{"/", "/metrics", "/status", "/record", "/livez", "/readyz"};

// What httplib has no handler for.
void explain_missing(const httplib::Request& request, httplib::Response& response) {
    if (response.status != 404) {
        return;
    }
    if (std::find(paths.begin(), paths.end(), request.path) != paths.end()) {
        response.status = 405;
        response.set_header("Allow", "GET, HEAD");
        response.set_content("this page can only be read: GET " + request.path + "\n", plain_text);
    } else {
        response.set_content(
            "there are GET /, /metrics, /livez, /readyz, /status and /record?at=TOPIC/PARTITION/OFFSET\n",
            plain_text);
    }
}

void give_page(const std::optional<Page>& page, const char* content_type, httplib::Response& response) {
    if (page) {
        response.set_content(page->text, content_type);
    } else {
        response.status = 503;
        response.set_content(silence, plain_text);
    }
}

void give_verdict(bool good, const std::string& reason, httplib::Response& response) {
    response.status = good ? 200 : 503;
    response.set_content(good ? "ok\n" : reason + "\n", plain_text);
}

}  // namespace

// Shared with the listening thread, so that it may be left behind by stop().
struct AdminServer::State {
    State(const AdminSettings& admin_settings, Pages admin_pages)
        : settings{admin_settings},
          pages{std::move(admin_pages)},
          desk{admin_settings.answer_within, admin_settings.fresh_for} {}

    void route();
    // Waits until httplib's thread has begun: it ignores a stop() that comes before. False: it has ended
    // already, or did not begin within start_within.
    [[nodiscard]] bool listens();

    AdminSettings settings;
    Pages pages;  // used by the loop's thread alone
    PageDesk desk;
    Server server;
    std::uint16_t port = 0;
    std::thread listener;
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
};

void AdminServer::State::route() {
    server.new_task_queue = [] { return new TaskQueue; };
    server.set_tcp_nodelay(true);
    server.set_socket_options(reuse_address);
    server.set_payload_max_length(request_body_bytes_max);
    server.set_read_timeout(client_timeout.count());
    server.set_write_timeout(client_timeout.count());
    // One request a connection, said soon: an idle client must not hold a thread.
    server.set_keep_alive_max_count(1);
    server.set_keep_alive_timeout(client_timeout.count());
    server.set_default_headers(
        {{"Cache-Control", "no-store"},
         {"Content-Security-Policy", std::string{page_policy}},
         {"X-Content-Type-Options", "nosniff"},
         {"Referrer-Policy", "no-referrer"}});

    server.Get("/", [this](const httplib::Request& request, httplib::Response& response) {
        // By a header, so that whoever reads slowly can do without.
        if (request.get_param_value("refresh") != "off") {
            response.set_header("Refresh", std::to_string(page_refresh_seconds));
        }
        give_page(desk.ask(PageName::front), "text/html; charset=utf-8", response);
    });

    server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
        give_page(desk.ask(PageName::metrics), "text/plain; version=0.0.4; charset=utf-8", response);
    });
    server.Get("/status", [this](const httplib::Request&, httplib::Response& response) {
        give_page(desk.ask(PageName::status), "application/json", response);
    });
    server.Get("/record", [this](const httplib::Request& request, httplib::Response& response) {
        const auto position = core::read_position(request.get_param_value("at"));
        if (!position) {
            response.status = 400;
            response.set_content("expected /record?at=TOPIC/PARTITION/OFFSET\n", plain_text);
            return;
        }
        give_page(desk.ask(*position), "application/json", response);
    });
    server.Get("/livez", [this](const httplib::Request&, httplib::Response& response) {
        const auto page = desk.ask(PageName::health);
        give_verdict(page && page->health.live, page ? page->health.live_reason : silence, response);
    });
    server.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
        const auto page = desk.ask(PageName::health);
        give_verdict(page && page->health.ready, page ? page->health.ready_reason : silence, response);
    });
    server.set_error_handler(explain_missing);
}

bool AdminServer::State::listens() {
    const auto deadline = std::chrono::steady_clock::now() + start_within;
    std::unique_lock lock{mutex};
    while (!server.is_running()) {  // which nobody announces
        if (changed.wait_for(lock, std::chrono::milliseconds{1}, [this] { return ended; }) ||
            std::chrono::steady_clock::now() > deadline) {
            return false;
        }
    }
    return true;
}

common::Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminSettings settings, Pages pages) {
    auto state = std::make_shared<State>(settings, std::move(pages));
    state->route();
    errno = 0;
    const int port = settings.port == 0 ? state->server.bind_to_any_port(settings.host)
                     : state->server.bind_to_port(settings.host, settings.port) ? settings.port
                                                                                : -1;
    if (port <= 0) {
        const int error = errno;
        return common::Error{fmt::format(
            "admin port: cannot listen on {}:{}{}; set admin.port to a free port and admin.address to an "
            "address of this machine",
            settings.host, settings.port, error == 0 ? "" : ": " + std::generic_category().message(error))};
    }
    state->port = static_cast<std::uint16_t>(port);
    state->server.widen_the_door();
    state->listener = std::thread{[state] {
        state->server.listen_after_bind();
        const std::lock_guard lock{state->mutex};
        state->ended = true;
        state->changed.notify_all();
    }};
    std::unique_ptr<AdminServer> server{new AdminServer{state}};
    if (!state->listens()) {
        return common::Error{fmt::format(
            "admin port: nothing answers on {}:{}; is the machine out of threads or memory?", settings.host,
            port)};
    }
    return server;
}

AdminServer::AdminServer(std::shared_ptr<State> state) : state_{std::move(state)} {}

AdminServer::~AdminServer() {
    stop();
}

std::uint16_t AdminServer::port() const noexcept {
    return state_->port;
}

int AdminServer::wake_fd() const noexcept {
    return state_->desk.wake_fd();
}

void AdminServer::answer() {
    state_->desk.answer(state_->pages);
}

void AdminServer::stop() {
    if (!state_->listener.joinable()) {
        return;
    }
    state_->desk.close();
    state_->server.stop();
    std::unique_lock lock{state_->mutex};
    if (state_->changed.wait_for(lock, state_->settings.stop_within, [this] { return state_->ended; })) {
        lock.unlock();
        state_->listener.join();
    } else {
        state_->listener.detach();
    }
}

}  // namespace admin
