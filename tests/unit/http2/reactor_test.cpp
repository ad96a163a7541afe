#include "worker/adapters/reactor/reactor.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <variant>

#include "worker/adapters/reactor/system_clock.hpp"

namespace {

using adapters::reactor::Reactor;
using adapters::reactor::Signals;
using adapters::reactor::steady_now;
using namespace std::chrono_literals;

struct EventFd {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    EventFd() = default;
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;
    ~EventFd() { close(fd); }
    void ring() const { eventfd_write(fd, 1); }
};

}  // namespace

TEST_CASE("reactor: it sleeps until its deadline, and not at all when that has passed") {
    Reactor reactor{Signals::leave};
    std::vector<core::Input> inputs;
    CHECK(reactor.wait(common::Instant::min(), inputs));
    const auto until = steady_now() + 3ms;
    CHECK(reactor.wait(until, inputs));
    CHECK(steady_now() >= until);
    CHECK(inputs.empty());
}

TEST_CASE("reactor: a ready descriptor is told as long as it stays ready") {
    Reactor reactor{Signals::leave};
    std::vector<core::Input> inputs;
    const EventFd bell;
    int calls = 0;
    reactor.add(bell.fd, true, false, [&](bool readable, bool writable) {
        CHECK(readable);
        CHECK_FALSE(writable);
        ++calls;
    });
    bell.ring();
    (void)reactor.wait(common::never, inputs);
    (void)reactor.wait(common::never, inputs);
    CHECK(calls == 2);
    reactor.change(bell.fd, false, false);
    (void)reactor.wait(common::Instant::min(), inputs);
    CHECK(calls == 2);
    reactor.remove(bell.fd);
    reactor.remove(bell.fd);
}

TEST_CASE("reactor: what one callback removes is not called, though the same wait saw it") {
    Reactor reactor{Signals::leave};
    std::vector<core::Input> inputs;
    const EventFd first;
    const EventFd second;
    int calls = 0;
    const auto remove_both = [&](bool, bool) {
        ++calls;
        reactor.remove(first.fd);
        reactor.remove(second.fd);
        // The number is watched again at once, by somebody else, who must not get the old event.
        reactor.add(first.fd, false, false, [&](bool, bool) { calls += 100; });
    };
    reactor.add(first.fd, true, false, remove_both);
    reactor.add(second.fd, true, false, remove_both);
    first.ring();
    second.ring();
    (void)reactor.wait(common::never, inputs);
    CHECK(calls == 1);
}

TEST_CASE("reactor: the first SIGTERM drains, the second stops, SIGHUP does nothing") {
    Reactor reactor{Signals::take};
    std::vector<core::Input> inputs;
    (void)std::raise(SIGHUP);
    CHECK(reactor.wait(common::Instant::min(), inputs));
    CHECK(inputs.empty());
    (void)std::raise(SIGTERM);
    CHECK(reactor.wait(common::never, inputs));
    REQUIRE(inputs.size() == 1);
    CHECK(std::holds_alternative<core::DrainRequested>(inputs.front()));
    (void)std::raise(SIGINT);
    CHECK_FALSE(reactor.wait(common::never, inputs));
    CHECK(inputs.size() == 1);
}
