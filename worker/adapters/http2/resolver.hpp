// Names to addresses without blocking the loop: one helper thread runs getaddrinfo, an eventfd brings the
// answer. IP literals are answered at once and start no thread.
//
// getaddrinfo cannot be interrupted, and it is slow when a nameserver is dead: 5 s for each that does not
// answer. The caller keeps the deadline; a thread that is stuck in it outlives the resolver and ends by
// itself. Threads: the loop's, apart from the helper.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/adapters/http2/address_book.hpp"
#include "worker/adapters/http2/url.hpp"
#include "worker/ports/readiness.hpp"

namespace adapters::http2 {

class Resolver {
public:
    using Addresses = AddressBook::Addresses;

    explicit Resolver(ports::Readiness& readiness);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver();

    // `done` is called once on the loop's thread, for literals before resolve() returns; never after the
    // resolver's death. Addresses alternate between IPv6 and IPv4, the system's first choice first.
    void resolve(const Url& url, std::function<void(Addresses)> done);

private:
    struct Shared;
    void deliver();

    ports::Readiness& readiness_;
    std::shared_ptr<Shared> shared_;
    bool started_ = false;
};

}  // namespace adapters::http2
