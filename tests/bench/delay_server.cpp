#include "tests/bench/delay_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>

#include "common/invariant.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Connection;

class Server {
public:
    Server(int listener, const dev::Certificates& certificates, DelayServer::Shared& shared);
    [[noreturn]] void run();
    void received(std::uint64_t connection, std::int32_t stream);

private:
    struct Pending {
        Clock::time_point due;
        std::uint64_t connection;
        std::int32_t stream;
    };

    void accept_all();
    void ready(std::uint64_t id);
    void answer_due();

    int listener_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    SSL_CTX* tls_;
    DelayServer::Shared& shared_;
    std::uint64_t next_id_ = 1;  // 0 is the listener
    std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
    std::deque<Pending> pending_;
};

struct Connection {
    Connection(std::uint64_t number, int socket, SSL_CTX* context, Server& owner);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        nghttp2_session_del(session);
        SSL_free(ssl);
        close(fd);
    }
    // False when the connection is over. All that came is read before anything is written.
    bool read();
    bool write();
    void answer(std::int32_t stream) const;

    std::uint64_t id;
    int fd;
    SSL* ssl;
    Server& server;
    nghttp2_session* session = nullptr;
    std::string out;
};

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        auto& connection = *static_cast<Connection*>(user);
        connection.server.received(connection.id, frame->hd.stream_id);
    }
    return 0;
}

Connection::Connection(std::uint64_t number, int socket, SSL_CTX* context, Server& owner)
    : id{number}, fd{socket}, ssl{SSL_new(context)}, server{owner} {
    SSL_set_fd(ssl, fd);
    SSL_set_accept_state(ssl);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_server_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 1);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 16 << 20);
}

bool Connection::read() {
    std::array<std::uint8_t, 64 * 1024> bytes{};
    while (true) {
        const int got = SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()));
        if (got <= 0) {
            const int error = SSL_get_error(ssl, got);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        }
        if (nghttp2_session_mem_recv(session, bytes.data(), static_cast<std::size_t>(got)) != got) {
            return false;
        }
    }
}

bool Connection::write() {
    if (!SSL_is_init_finished(ssl)) {
        return true;
    }
    while (true) {
        while (out.size() < 16 * 1024) {
            const std::uint8_t* data = nullptr;
            const ssize_t size = nghttp2_session_mem_send(session, &data);
            if (size <= 0) {
                break;
            }
            out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
        }
        if (out.empty()) {
            return true;
        }
        const int sent = SSL_write(ssl, out.data(), static_cast<int>(out.size()));
        if (sent <= 0) {
            const int error = SSL_get_error(ssl, sent);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
        }
        out.erase(0, static_cast<std::size_t>(sent));
    }
}

void Connection::answer(std::int32_t stream) const {
    std::array<std::uint8_t, 7> name{':', 's', 't', 'a', 't', 'u', 's'};
    std::array<std::uint8_t, 3> value{'2', '0', '4'};
    const nghttp2_nv status{name.data(), value.data(), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_response(session, stream, &status, 1, nullptr);
}

int choose_h2(
    SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered, unsigned bytes,
    void*) {
    auto* chosen = const_cast<unsigned char**>(out);
    return nghttp2_select_next_protocol(chosen, out_bytes, offered, bytes) == 1 ? SSL_TLSEXT_ERR_OK
                                                                                : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Server::Server(int listener, const dev::Certificates& certificates, DelayServer::Shared& shared)
    : listener_{listener}, tls_{SSL_CTX_new(TLS_server_method())}, shared_{shared} {
    INVARIANT(
        SSL_CTX_use_certificate_chain_file(tls_, certificates.certificate_file.c_str()) == 1 &&
            SSL_CTX_use_PrivateKey_file(tls_, certificates.key_file.c_str(), SSL_FILETYPE_PEM) == 1,
        "the certificate was just made");
    SSL_CTX_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_alpn_select_cb(tls_, choose_h2, nullptr);
    epoll_event event{EPOLLIN, {.u64 = 0}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

void Server::received(std::uint64_t connection, std::int32_t stream) {
    ++shared_.requests;
    pending_.push_back(
        {Clock::now() + std::chrono::nanoseconds{shared_.delay_ns.load()}, connection, stream});
}

void Server::run() {
    std::array<epoll_event, 64> events{};
    while (true) {
        timespec wait{};
        if (!pending_.empty()) {
            const auto left = std::max(Clock::duration{}, pending_.front().due - Clock::now()).count();
            wait = {left / 1'000'000'000, left % 1'000'000'000};
        }
        const int count = epoll_pwait2(
            epoll_, events.data(), static_cast<int>(events.size()), pending_.empty() ? nullptr : &wait,
            nullptr);
        for (int i = 0; i < count; ++i) {
            const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
            id == 0 ? accept_all() : ready(id);
        }
        answer_due();
    }
}

void Server::accept_all() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const std::uint64_t id = next_id_++;
    connections_.emplace(id, std::make_unique<Connection>(id, fd, tls_, *this));
    epoll_event event{EPOLLIN | EPOLLOUT | EPOLLET, {.u64 = id}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Server::ready(std::uint64_t id) {
    const auto found = connections_.find(id);
    if (found != connections_.end() && !(found->second->read() && found->second->write())) {
        connections_.erase(found);
    }
}

void Server::answer_due() {
    const Clock::time_point now = Clock::now();
    std::unordered_map<std::uint64_t, Connection*> touched;
    for (; !pending_.empty() && pending_.front().due <= now; pending_.pop_front()) {
        const Pending& due = pending_.front();
        ++shared_.answers;
        if (const auto found = connections_.find(due.connection); found != connections_.end()) {
            found->second->answer(due.stream);
            touched[due.connection] = found->second.get();
        }
    }
    for (const auto& [id, connection] : touched) {
        if (!connection->write()) {
            connections_.erase(id);
        }
    }
}

}  // namespace

DelayServer::DelayServer(const dev::Certificates& certificates)
    : shared_{new (mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                  Shared} {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    INVARIANT(
        bind(listener, generic, bytes) == 0 && listen(listener, 64) == 0 &&
            getsockname(listener, generic, &bytes) == 0,
        "the loopback interface has a free port");
    port_ = ntohs(address.sin_port);
    child_ = fork();
    INVARIANT(child_ >= 0, "a process can be started");
    if (child_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::signal(SIGPIPE, SIG_IGN);
        Server{listener, certificates, *shared_}.run();
    }
    close(listener);
}

DelayServer::~DelayServer() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    munmap(shared_, sizeof(Shared));
}

}  // namespace bench
