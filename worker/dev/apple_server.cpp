#include "worker/dev/apple_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
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
#include "common/prng.hpp"
#include "worker/dev/apple_server_connection.hpp"
#include "worker/dev/apple_server_rsa.hpp"
#include "worker/sim/button_image.hpp"

namespace dev {
namespace {

using ConnectionId = std::uint64_t;

// What epoll reports besides connections, whose ids start above.
constexpr std::uint64_t wake_id = 0;
constexpr std::uint64_t listener_ids = 1;  // + site
constexpr ConnectionId first_connection_id = 16;

// What has an address of its own.
enum class Site : std::uint8_t { production, sandbox, identity, front_desk };
constexpr std::array sites{Site::production, Site::sandbox, Site::identity, Site::front_desk};
constexpr std::size_t sites_without_identity = 2;

std::string url_of(std::uint16_t port) {
    return "https://localhost:" + std::to_string(port);
}

common::Now present() {
    return {
        common::Instant{std::chrono::steady_clock::now().time_since_epoch()},
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
}

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) noexcept : fd_{fd} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    void reset(int fd) noexcept { fd_ = fd; }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

// A listening socket on 127.0.0.1 and the port the kernel chose; -1: errno tells.
int listen_on_loopback(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (fd < 0 || ::bind(fd, plain, size) != 0 || ::listen(fd, 1024) != 0 ||
        ::getsockname(fd, plain, &size) != 0) {
        if (fd >= 0) {
            ::close(fd);
        }
        return -1;
    }
    port = ntohs(address.sin_port);
    return fd;
}

int choose_protocol(
    SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
    unsigned offered_size, void* user) {
    const auto& options = *static_cast<const AppleServerOptions*>(user);
    for (const std::string_view name : {std::string_view{"h2"}, std::string_view{"http/1.1"}}) {
        if (name == "h2" ? !options.http2 : !options.http1) {
            continue;
        }
        for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
            if (std::string_view{reinterpret_cast<const char*>(offered + at + 1), offered[at]} == name) {
                *chosen = offered + at + 1;
                *size = offered[at];
                return SSL_TLSEXT_ERR_OK;
            }
        }
    }
    // RFC 7301 wants the alert; servers that speak HTTP/1.1 without being asked go on.
    return options.http1 ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

class AppleServer::Impl {
public:
    Impl(const AppleServerOptions& options, Es256Tokens tokens, Es256Secrets secrets)
        : options_{options},
          tokens_{std::move(tokens)},
          secrets_{std::move(secrets)},
          random_{options.seed},
          apple_{
              [this](std::string_view authorization, common::WallTime now) {
                  return tokens_.check(authorization, now);
              },
              choose(), options.apple},
          people_{apple_.store(), choose(), options.people} {
        if (options.identity) {
            identity_.emplace(
                [this](std::string_view secret, common::WallTime now) { return secrets_.check(secret, now); },
                openssl_identity_crypto(), choose(), *options.identity);
        }
    }
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
    std::mutex mutex_;  // guards everything down to tasks_
    Es256Tokens tokens_;
    Es256Secrets secrets_;
    common::Prng random_;
    sim::Apple apple_;
    sim::People people_;
    std::optional<sim::AppleIdentity> identity_;
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

    [[nodiscard]] sim::Choose choose() {
        return [this](std::uint64_t bound) { return random_.below(bound); };
    }
    [[nodiscard]] sim::Answer answer_of(Site site, const sim::Request& request);

    [[nodiscard]] std::optional<common::Error> open_tls();
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

std::optional<common::Error> AppleServer::Impl::open_tls() {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(tls_.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(tls_.get(), choose_protocol, &options_);
    const Certificates& files = options_.certificates;
    if (SSL_CTX_use_certificate_chain_file(tls_.get(), files.certificate_file.c_str()) != 1) {
        return common::Error{files.certificate_file.string() + ": not a readable PEM certificate"};
    }
    if (SSL_CTX_use_PrivateKey_file(tls_.get(), files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return common::Error{files.key_file.string() + ": not the readable PEM key of the certificate"};
    }
    return std::nullopt;
}

std::optional<common::Error> AppleServer::Impl::open() {
    if (auto error = open_tls()) {
        return error;
    }
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (epoll_.get() < 0 || wake_.get() < 0) {
        return common::Error{std::string{"no descriptor for epoll: "} + std::strerror(errno)};
    }
    watch(wake_.get(), wake_id);
    for (std::size_t i = 0; i < (identity_ ? sites.size() : sites_without_identity); ++i) {
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
        sim::Answer answer;
        {
            const std::lock_guard lock{mutex_};
            ++stats_.requests;
            answer = answer_of(site, request);
        }
        dispatch({id, stream, site}, std::move(answer));
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

sim::Answer AppleServer::Impl::answer_of(Site site, const sim::Request& request) {
    switch (site) {
        case Site::production:
        case Site::sandbox:
            break;
        case Site::identity:
            // Apple's images have a host of their own; their paths are told apart here.
            return request.path.starts_with(sim::button_path) ? sim::button_image(request, present())
                                                              : identity_->handle(request, present());
        case Site::front_desk:
            return sim::front_desk({apple_, people_, *identity_}, request, present());
    }
    return apple_.handle(request, present());
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
            const std::lock_guard lock{mutex_};
            const sim::LandingId id = *late.answer.landing;
            late.answer = late.address.site == Site::identity ? identity_->land(id, present())
                                                              : apple_.land(id, present());
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
    INVARIANT(impl_->identity_.has_value(), "the identity server is there with options.identity only");
    return url_of(impl_->ports_[static_cast<std::size_t>(Site::identity)]);
}

std::string AppleServer::front_desk_url() const {
    INVARIANT(impl_->identity_.has_value(), "the front desk is there with options.identity only");
    return url_of(impl_->ports_[static_cast<std::size_t>(Site::front_desk)]);
}

void AppleServer::with_apple(const std::function<void(sim::Apple& apple, common::Now now)>& use) {
    const std::lock_guard lock{impl_->mutex_};
    use(impl_->apple_, present());
}

void AppleServer::with_tokens(const std::function<void(Es256Tokens& tokens)>& use) {
    const std::lock_guard lock{impl_->mutex_};
    use(impl_->tokens_);
}

void AppleServer::with_people(const std::function<void(sim::People& people, common::Now now)>& use) {
    const std::lock_guard lock{impl_->mutex_};
    use(impl_->people_, present());
}

void AppleServer::with_identity(
    const std::function<void(sim::AppleIdentity& identity, common::Now now)>& use) {
    const std::lock_guard lock{impl_->mutex_};
    INVARIANT(impl_->identity_.has_value(), "the identity server is there with options.identity only");
    use(*impl_->identity_, present());
}

void AppleServer::with_secrets(const std::function<void(Es256Secrets& secrets)>& use) {
    const std::lock_guard lock{impl_->mutex_};
    use(impl_->secrets_);
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
