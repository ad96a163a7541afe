#include "tests/integration/connect_proxy.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace transport_test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// The port of "CONNECT host:port HTTP/1.1".
std::uint16_t port_in(const std::string& head) {
    const std::size_t colon = head.find(':');
    return static_cast<std::uint16_t>(std::strtoul(head.c_str() + colon + 1, nullptr, 10));
}

void write_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

// False: that side has closed.
bool pass_on(int from, int to) {
    std::array<char, 16384> bytes{};
    const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
        return false;
    }
    write_all(to, {bytes.data(), static_cast<std::size_t>(size)});
    return true;
}

// Until one side closes or `stop` is readable.
void relay(int client, int server, int stop) {
    while (true) {
        std::array<pollfd, 3> all{{{stop, POLLIN, 0}, {client, POLLIN, 0}, {server, POLLIN, 0}}};
        if (poll(all.data(), all.size(), -1) < 0 || all[0].revents != 0) {
            return;
        }
        if ((all[1].revents != 0 && !pass_on(client, server)) ||
            (all[2].revents != 0 && !pass_on(server, client))) {
            return;
        }
    }
}

}  // namespace

ConnectProxy::ConnectProxy(std::string refusal)
    : refusal_{std::move(refusal)}, stop_{eventfd(0, EFD_CLOEXEC)}, thread_{[this] { run(); }} {}

ConnectProxy::~ConnectProxy() {
    const std::uint64_t one = 1;
    static_cast<void>(write(stop_, &one, sizeof one) == sizeof one);
    thread_.join();
    close(stop_);
}

std::vector<std::string> ConnectProxy::heads() const {
    const std::lock_guard lock{mutex_};
    return heads_;
}

void ConnectProxy::run() {
    while (true) {
        std::array<pollfd, 2> all{{{stop_, POLLIN, 0}, {listener_.fd(), POLLIN, 0}}};
        if (poll(all.data(), all.size(), -1) < 0 || all[0].revents != 0) {
            return;
        }
        const int client = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        serve(client);
        close(client);
    }
}

void ConnectProxy::serve(int client) {
    std::string head;
    std::array<char, 4096> bytes{};
    while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t size = recv(client, bytes.data(), bytes.size(), 0);
        if (size <= 0) {
            return;
        }
        head.append(bytes.data(), static_cast<std::size_t>(size));
    }
    {
        const std::lock_guard lock{mutex_};
        heads_.push_back(head);
    }
    if (!refusal_.empty()) {
        return write_all(client, refusal_ + "\r\nContent-Length: 0\r\n\r\n");
    }
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port_in(head));
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        write_all(client, "HTTP/1.1 200 Connection established\r\n\r\n");
        relay(client, server, stop_);
    }
    close(server);
}

}  // namespace transport_test
