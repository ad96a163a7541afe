// Where one host is, as far as is known: asks the resolver, one question at a time, and remembers.
//
// A resolver may need long and be right in the end: glibc turns to the second nameserver after 5 s without a
// word from the first. So an answer counts whenever it comes, and nothing is asked while one is awaited.
// Meanwhile, and when the answer is a failure, the last good addresses serve (RFC 8767); TLS proves who
// answers there.
//
// Addresses that failed lately go last, oldest failure first: a front end that takes connections and never
// completes one costs its timeout once, not with every connection.
//
// Time comes in by tick() and find(). Threads: one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/http2/address.hpp"

namespace adapters::http2 {

class AddressBook {
public:
    using Addresses = common::Result<std::vector<Address>>;
    // Asks for the host's addresses; calls back once, at once or later, never after the book's death.
    using LookUp = std::function<void(std::function<void(Addresses)>)>;

    // What lasts longer than `overdue` is trouble, though it goes on.
    AddressBook(LookUp look_up, common::Duration overdue);
    AddressBook(const AddressBook&) = delete;
    AddressBook& operator=(const AddressBook&) = delete;

    struct Found {
        std::vector<Address> addresses;        // in the order to be tried; empty: none now
        std::optional<std::string> trouble{};  // the resolver failed or is late, even if addresses are known
        [[nodiscard]] bool pending() const noexcept { return addresses.empty() && !trouble; }
    };

    // Dates what the resolver said since.
    void tick(common::Instant now);
    // For one connection that is wanted now; asks if need be. While pending(): call again at next_deadline().
    [[nodiscard]] Found find(common::Instant now);
    // No connection could be made to `address`, or one that brought no answer.
    void failed(const Address& address, common::Instant now);

    // The resolver has been asked and has not answered.
    [[nodiscard]] bool asking() const noexcept { return asked_.has_value(); }
    // When a find() that is pending() may end; in the past when it may now.
    [[nodiscard]] common::Instant next_deadline() const;

private:
    struct Failure {
        Address address;
        common::Instant at;
    };

    void ask(common::Instant now);
    [[nodiscard]] std::vector<Address> known(common::Instant now) const;

    LookUp look_up_;
    common::Duration overdue_;
    std::optional<common::Instant> asked_;     // the question under way
    std::optional<Addresses> answer_;          // not dated yet
    std::optional<common::Instant> answered_;  // an answer that served no connection yet
    std::optional<std::string> problem_;       // of the last answer
    std::vector<Address> addresses_;           // the last good ones
    common::Instant learned_{};
    std::vector<Failure> failures_;  // of addresses_
};

}  // namespace adapters::http2
