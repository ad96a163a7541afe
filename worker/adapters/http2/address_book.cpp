#include "worker/adapters/http2/address_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace adapters::http2 {

namespace {

using namespace std::chrono_literals;

// A resolver that is slower than this is worked around with what is known (RFC 8767's client timer).
constexpr common::Duration patience = 1800ms;
// Hosts of this size seldom move within a day, and every connection renews it.
constexpr common::Duration keep_for = 24h;
constexpr common::Duration answer_serves_for = 30s;
constexpr common::Duration failure_counts_for = 1h;

}  // namespace

AddressBook::AddressBook(LookUp look_up, common::Duration overdue)
    : look_up_{std::move(look_up)}, overdue_{overdue} {}

void AddressBook::tick(common::Instant now) {
    if (!answer_) {
        return;
    }
    const Addresses answer = std::move(*std::exchange(answer_, std::nullopt));
    asked_.reset();
    answered_ = now;
    problem_.reset();
    if (!answer) {
        problem_ = answer.error().message;
    } else if (answer->empty()) {
        problem_ = "the name has no address";
    } else {
        addresses_ = *answer;
        learned_ = now;
        std::erase_if(failures_, [this](const Failure& failure) {
            return std::find(addresses_.begin(), addresses_.end(), failure.address) == addresses_.end();
        });
    }
}

void AddressBook::ask(common::Instant now) {
    asked_ = now;
    answered_.reset();
    look_up_([this](Addresses answer) { answer_ = std::move(answer); });
    tick(now);
}

AddressBook::Found AddressBook::find(common::Instant now) {
    tick(now);
    if (!asked_ && (!answered_ || now >= *answered_ + answer_serves_for)) {
        ask(now);
    }
    if (!asked_) {
        answered_.reset();
        return {known(now), problem_};
    }
    Found found;
    if (now >= *asked_ + patience) {
        found.addresses = known(now);
    }
    if (now >= *asked_ + overdue_) {
        found.trouble = fmt::format(
            "no answer from DNS for {} s",
            std::chrono::duration_cast<std::chrono::seconds>(now - *asked_).count());
    }
    return found;
}

std::vector<Address> AddressBook::known(common::Instant now) const {
    if (addresses_.empty() || now >= learned_ + keep_for) {
        return {};
    }
    const auto failed_at = [this, now](const Address& address) {
        const auto failure = std::find_if(
            failures_.begin(), failures_.end(), [&](const Failure& one) { return one.address == address; });
        return failure == failures_.end() || now >= failure->at + failure_counts_for ? common::Instant::min()
                                                                                     : failure->at;
    };
    std::vector<Address> ordered = addresses_;
    std::stable_sort(ordered.begin(), ordered.end(), [&](const Address& one, const Address& other) {
        return failed_at(one) < failed_at(other);
    });
    return ordered;
}

void AddressBook::failed(const Address& address, common::Instant now) {
    const auto failure = std::find_if(
        failures_.begin(), failures_.end(), [&](const Failure& one) { return one.address == address; });
    if (failure != failures_.end()) {
        failure->at = now;
    } else if (std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end()) {
        failures_.push_back({address, now});
    }
}

common::Instant AddressBook::next_deadline() const {
    if (answer_ || !asked_) {
        return common::Instant::min();
    }
    const common::Instant fall_back = *asked_ + patience;
    return known(fall_back).empty() ? *asked_ + overdue_ : fall_back;
}

}  // namespace adapters::http2
