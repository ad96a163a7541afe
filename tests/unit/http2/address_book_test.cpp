#include "worker/adapters/http2/address_book.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>

namespace {

using adapters::http2::Address;
using adapters::http2::AddressBook;
using namespace std::chrono_literals;

constexpr common::Instant start{1h};

Address address(int last) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(443);
    v4.sin_addr.s_addr = htonl(0x0A000000U + static_cast<std::uint32_t>(last));
    Address made;
    std::memcpy(&made.storage, &v4, sizeof v4);
    made.size = sizeof v4;
    return made;
}

// A book whose resolver answers when the test says so.
struct Scene {
    std::vector<std::function<void(AddressBook::Addresses)>> questions;
    AddressBook book{[this](auto done) { questions.push_back(std::move(done)); }, 20s};

    void answer(std::vector<int> lasts) {
        std::vector<Address> addresses;
        for (const int last : lasts) {
            addresses.push_back(address(last));
        }
        questions.back()(std::move(addresses));
    }
    void fail() { questions.back()(common::Error{"Name or service not known"}); }

    // "1 2", "pending", "trouble", "1 2 trouble"
    std::string find(common::Instant now) {
        const AddressBook::Found found = book.find(now);
        std::string text;
        for (const Address& one : found.addresses) {
            const std::string shown = one.text();
            const auto dot = shown.rfind('.') + 1;
            text += shown.substr(dot, shown.find(':') - dot) + " ";
        }
        text += found.trouble ? "trouble " : "";
        text += found.pending() ? "pending " : "";
        text.pop_back();
        return text;
    }
};

}  // namespace

TEST_CASE("address book: every connection is worth a question, and each question one connection") {
    Scene scene;
    CHECK(scene.find(start) == "pending");
    CHECK(scene.find(start + 1ms) == "pending");
    CHECK(scene.questions.size() == 1);
    scene.answer({1, 2});
    CHECK(scene.book.next_deadline() == common::Instant::min());
    CHECK(scene.find(start + 2ms) == "1 2");
    CHECK(scene.find(start + 3ms) == "pending");
    CHECK(scene.questions.size() == 2);
}

// glibc asks the second nameserver after 5 s without an answer of the first. The question was given up at
// exactly 5 s, its answer thrown away a moment later, and the next one asked, for ever.
TEST_CASE("address book: an answer counts whenever it comes, and nothing is asked before it is there") {
    Scene scene;
    CHECK(scene.find(start) == "pending");
    CHECK(scene.book.next_deadline() == start + 20s);
    CHECK(scene.find(start + 19s) == "pending");
    CHECK(scene.find(start + 20s) == "trouble");
    CHECK(scene.find(start + 25s) == "trouble");
    CHECK(scene.questions.size() == 1);
    scene.answer({1});
    CHECK(scene.find(start + 30s) == "1");
    CHECK(scene.questions.size() == 1);
}

TEST_CASE("address book: the last good addresses serve while the resolver is slow or fails, for a day") {
    Scene scene;
    (void)scene.find(start);
    scene.answer({1, 2});
    CHECK(scene.find(start) == "1 2");

    CHECK(scene.find(start + 1min) == "pending");
    CHECK(scene.book.next_deadline() == start + 1min + 1800ms);
    CHECK(scene.find(start + 1min + 1800ms) == "1 2");
    CHECK(scene.find(start + 2min) == "1 2 trouble");  // still the same question
    CHECK(scene.questions.size() == 2);
    scene.fail();
    CHECK(scene.find(start + 2min) == "1 2 trouble");

    CHECK(scene.find(start + 24h - 1s) == "pending");
    scene.fail();
    CHECK(scene.find(start + 24h - 1s) == "1 2 trouble");
    CHECK(scene.find(start + 24h) == "pending");
    scene.fail();
    CHECK(scene.find(start + 24h) == "trouble");
}

TEST_CASE("address book: an answer nobody needed is not served cold") {
    Scene scene;
    (void)scene.find(start);
    scene.answer({1});
    scene.book.tick(start + 1s);
    CHECK(scene.find(start + 30s) == "1");
    (void)scene.find(start + 31s);
    scene.answer({2});
    scene.book.tick(start + 32s);
    CHECK(scene.find(start + 1h) == "pending");
}

TEST_CASE("address book: a name without addresses is trouble") {
    Scene scene;
    (void)scene.find(start);
    scene.answer({});
    CHECK(scene.find(start) == "trouble");
}

TEST_CASE("address book: what failed goes last, oldest failure first, for an hour") {
    Scene scene;
    const auto ask = [&](common::Instant now) {
        (void)scene.find(now);
        scene.answer({1, 2, 3});
        return scene.find(now);
    };
    CHECK(ask(start) == "1 2 3");
    scene.book.failed(address(1), start + 1s);
    CHECK(ask(start + 2s) == "2 3 1");
    scene.book.failed(address(2), start + 3s);
    CHECK(ask(start + 4s) == "3 1 2");
    scene.book.failed(address(1), start + 5s);
    scene.book.failed(address(3), start + 6s);
    scene.book.failed(address(9), start + 6s);  // nobody's
    CHECK(ask(start + 7s) == "2 1 3");
    CHECK(ask(start + 1h + 4s) == "2 1 3");
    CHECK(ask(start + 1h + 5s) == "1 2 3");
}
