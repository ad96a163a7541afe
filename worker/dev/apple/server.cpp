#include "worker/dev/apple/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/invariant.hpp"
#include "worker/dev/apple/connection.hpp"
#include "worker/dev/apple/sockets.hpp"
#include "worker/dev/apple/world.hpp"

namespace dev {
namespace {

using ConnectionId = std::uint64_t;

// What epoll reports besides connections, whose ids start above.
constexpr std::uint64_t wake_id = 0;
constexpr std::uint64_t listener_ids = 1;  // + site
constexpr ConnectionId first_connection_id = 16;

std::string url_of(std::uint16_t port) {
    return "https://localhost:" + std::to_string(port);
}

}  // namespace

class AppleServer::Impl {
public:
    Impl(const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets)
        : options_{options}, world_{options, std::move(tokens), std::move(secrets)} {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        if (thread_.joinable()) {
            post([this] { stopping_ = true; });
            thread_.join();
        }
    }

    [[nodiscard]] std::optional<common::Error> open();
    void post(std::function<void()> task);
    void each_connection(const std::function<bool(Connection&)>& use);

    AppleServerOptions options_;  // streams_max changes on the server's thread
    std::array<std::uint16_t, sites.size()> ports_{};
    AppleServerWorld world_;
    std::mutex mutex_;  // guards stats_ and tasks_
    AppleServerStats stats_;
    std::vector<std::function<void()>> tasks_;

private:
    // Where an answer goes.
    struct Address {
        ConnectionId connection = 0;
        StreamId stream = 0;
        Site site = Site::production;
    };
    struct Late {
        Address address;
        sim::Answer answer;
    };

    void watch(int fd, std::uint64_t id);
    void run();
    [[nodiscard]] int patience() const;
    void accept_all(Site site);
    [[nodiscard]] std::unique_ptr<Protocol> make_protocol(ConnectionId id, Site site, bool http2);
    void drive(ConnectionId id);
    void dispatch(const Address& address, sim::Answer answer);
    void run_timers();
    void run_tasks();
    void count(std::uint64_t AppleServerStats::*counter);

    SslCtxPtr tls_;
    Descriptor epoll_;
    Descriptor wake_;
    std::array<Descriptor, sites.size()> listeners_;
    std::map<ConnectionId, std::unique_ptr<Connection>> connections_;
    std::vector<ConnectionId> again_;  // to drive without waiting for the socket
    std::multimap<common::Instant, Late> timers_;
    ConnectionId next_connection_ = first_connection_id;
    bool stopping_ = false;
    std::thread thread_;
};

std::optional<common::Error> AppleServer::Impl::open() {
    auto tls = server_tls(options_);
    if (!tls) {
        return tls.error();
    }
    tls_ = *std::move(tls);
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (epoll_.get() < 0 || wake_.get() < 0) {
        return common::Error{std::string{"no descriptor for epoll: "} + std::strerror(errno)};
    }
    watch(wake_.get(), wake_id);
    for (std::size_t i = 0; i < (world_.has_identity() ? sites.size() : sites_without_identity); ++i) {
        listeners_.at(i).reset(listen_on_loopback(ports_.at(i)));
        if (listeners_.at(i).get() < 0) {
            return common::Error{std::string{"no port on 127.0.0.1: "} + std::strerror(errno)};
        }
        watch(listeners_.at(i).get(), listener_ids + i);
    }
    thread_ = std::thread{[this] { run(); }};
    return std::nullopt;
}

void AppleServer::Impl::watch(int fd, std::uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    INVARIANT(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "a fresh descriptor can be watched");
}

void AppleServer::Impl::count(std::uint64_t AppleServerStats::*counter) {
    const std::lock_guard lock{mutex_};
    ++(stats_.*counter);
}

void AppleServer::Impl::post(std::function<void()> task) {
    {
        const std::lock_guard lock{mutex_};
        tasks_.push_back(std::move(task));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void AppleServer::Impl::run_tasks() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(tasks_);
    }
    for (const auto& task : tasks) {
        task();
    }
}

// `use` returns false for connections to be closed.
void AppleServer::Impl::each_connection(const std::function<bool(Connection&)>& use) {
    for (auto at = connections_.begin(); at != connections_.end();) {
        if (use(*at->second)) {
            again_.push_back(at->first);
            ++at;
        } else {
            at = connections_.erase(at);
        }
    }
}

int AppleServer::Impl::patience() const {
    if (!again_.empty()) {
        return 0;
    }
    if (timers_.empty()) {
        return -1;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - present().steady);
    return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

void AppleServer::Impl::run() {
    // Signals are for the program's own threads; SIGPIPE of a closed socket is an error code here.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::array<epoll_event, 64> events{};
    while (!stopping_) {
        const int ready =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
        std::vector<ConnectionId> turn;
        turn.swap(again_);
        for (int i = 0; i < ready; ++i) {
            const std::uint64_t id = events.at(static_cast<std::size_t>(i)).data.u64;
            if (id == wake_id) {
                run_tasks();
            } else if (id < first_connection_id) {
                accept_all(sites.at(id - listener_ids));
            } else {
                turn.push_back(id);
            }
        }
        for (const ConnectionId id : turn) {
            drive(id);
        }
        run_timers();
    }
    connections_.clear();
}

void AppleServer::Impl::accept_all(Site site) {
    const int listener = listeners_.at(static_cast<std::size_t>(site)).get();
    while (true) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const ConnectionId id = next_connection_++;
        connections_.emplace(id, std::make_unique<Connection>(fd, *tls_, [this, id, site](bool http2) {
                                 return make_protocol(id, site, http2);
                             }));
        watch(fd, id);
        count(&AppleServerStats::connections);
    }
}

std::unique_ptr<Protocol> AppleServer::Impl::make_protocol(ConnectionId id, Site site, bool http2) {
    Receive receive = [this, id, site](StreamId stream, const sim::Request& request) {
        count(&AppleServerStats::requests);
        dispatch({id, stream, site}, world_.answer(site, request));
    };
    const auto environment = site == Site::sandbox ? sim::Environment::sandbox : sim::Environment::production;
    if (http2) {
        count(&AppleServerStats::connections_http2);
        return make_http2(environment, options_.streams_max, std::move(receive));
    }
    if (!options_.http1) {
        return nullptr;
    }
    count(&AppleServerStats::connections_http1);
    return make_http1(environment, std::move(receive));
}

void AppleServer::Impl::drive(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) {
        return;
    }
    Connection& connection = *found->second;
    const bool was_blocked = connection.blocked();
    if (!connection.drive()) {
        if (!connection.handshaken()) {
            count(&AppleServerStats::handshakes_failed);
        }
        connections_.erase(found);
        return;
    }
    if (connection.more()) {
        again_.push_back(id);
    }
    if (connection.blocked() != was_blocked) {
        epoll_event event{};
        event.events = connection.blocked() ? EPOLLIN | EPOLLOUT : EPOLLIN;
        event.data.u64 = id;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd(), &event);
    }
}

// Carries an answer out when its time has come. Also runs inside Connection::drive(), so it never destroys
// one.
void AppleServer::Impl::dispatch(const Address& address, sim::Answer answer) {
    const common::Duration delay = std::exchange(answer.delay, common::Duration{});
    if (delay > common::Duration{} || answer.landing) {
        timers_.emplace(present().steady + delay, Late{address, std::move(answer)});
        return;
    }
    const auto found = connections_.find(address.connection);
    if (found == connections_.end()) {
        return;
    }
    found->second->protocol()->carry_out(address.stream, answer);
    count(&AppleServerStats::answers);
}

void AppleServer::Impl::run_timers() {
    while (!timers_.empty() && timers_.begin()->first <= present().steady) {
        Late late = std::move(timers_.extract(timers_.begin()).mapped());
        if (late.answer.landing) {
            late.answer = world_.land(late.address.site, *late.answer.landing);
        }
        dispatch(late.address, std::move(late.answer));
        again_.push_back(late.address.connection);
    }
}

common::Result<std::unique_ptr<AppleServer>> AppleServer::start(
    const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets) {
    auto impl = std::make_unique<Impl>(options, std::move(tokens), std::move(secrets));
    if (auto error = impl->open()) {
        return *error;
    }
    return std::unique_ptr<AppleServer>{new AppleServer{std::move(impl)}};
}

AppleServer::AppleServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AppleServer::~AppleServer() = default;

std::uint16_t AppleServer::port(sim::Environment environment) const noexcept {
    return impl_->ports_[static_cast<std::size_t>(environment)];
}

std::string AppleServer::url(sim::Environment environment) const {
    return url_of(port(environment));
}

std::string AppleServer::identity_url() const {
    INVARIANT(impl_->world_.has_identity(), "the identity server is there with options.identity only");
    return url_of(impl_->ports_[static_cast<std::size_t>(Site::identity)]);
}

std::string AppleServer::front_desk_url() const {
    INVARIANT(impl_->world_.has_identity(), "the front desk is there with options.identity only");
    return url_of(impl_->ports_[static_cast<std::size_t>(Site::front_desk)]);
}

void AppleServer::with_apple(const std::function<void(sim::Apple& apple, common::Now now)>& use) {
    impl_->world_.with_apple(use);
}

void AppleServer::with_tokens(const std::function<void(Es256Tokens& tokens)>& use) {
    impl_->world_.with_tokens(use);
}

void AppleServer::with_people(const std::function<void(sim::People& people, common::Now now)>& use) {
    impl_->world_.with_people(use);
}

void AppleServer::with_identity(
    const std::function<void(sim::AppleIdentity& identity, common::Now now)>& use) {
    impl_->world_.with_identity(use);
}

void AppleServer::with_secrets(const std::function<void(Es256Secrets& secrets)>& use) {
    impl_->world_.with_secrets(use);
}

AppleServerStats AppleServer::stats() {
    const std::lock_guard lock{impl_->mutex_};
    return impl_->stats_;
}

void AppleServer::allow_streams(std::uint32_t streams_max) {
    impl_->post([impl = impl_.get(), streams_max] {
        impl->options_.streams_max = streams_max;
        impl->each_connection([streams_max](Connection& connection) {
            if (Protocol* protocol = connection.protocol()) {
                protocol->allow_streams(streams_max);
            }
            return true;
        });
    });
}

void AppleServer::go_away() {
    impl_->post([impl = impl_.get()] {
        impl->each_connection([](Connection& connection) {
            if (Protocol* protocol = connection.protocol()) {
                protocol->go_away();
            }
            return true;
        });
    });
}

void AppleServer::close_connections() {
    impl_->post([impl = impl_.get()] { impl->each_connection([](Connection&) { return false; }); });
}

}  // namespace dev
