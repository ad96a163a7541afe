// The book of a run that settles dead letters: nothing is settled before every record of it is acknowledged.
#include <doctest/doctest.h>

#include "worker/core/letters/under_way.hpp"

namespace {

const core::TopicPartition dead{"dead", 0};

core::UnderWay book_of(std::int64_t letters) {
    core::UnderWay book;
    book.begin(dead, core::Settling{core::Offset{0}});
    for (std::int64_t offset = 0; offset < letters; ++offset) {
        CHECK_FALSE(book.settling(dead).found(core::Offset{offset}));
    }
    return book;
}

core::Position at(std::int64_t offset) {
    return {dead, core::Offset{offset}};
}

core::StoreEnded acknowledged(const core::Store& store) {
    return {store.id, core::StoreResult::acknowledged, ""};
}

}  // namespace

TEST_CASE("under way: a letter is settled with the last acknowledgement of its records") {
    core::UnderWay book = book_of(2);
    const auto stores = book.take(at(0), {core::OutgoingRecord{}, core::OutgoingRecord{}});
    REQUIRE(stores.size() == 2);
    CHECK(book.to_commit().empty());
    book.ended(acknowledged(stores[1]));
    CHECK(book.to_commit().empty());
    book.ended(acknowledged(stores[0]));
    REQUIRE(book.to_commit().size() == 1);
    CHECK(book.to_commit().front().committed == core::Offset{1});
    CHECK(book.settled() == 1);
    CHECK(book.empty());
}

TEST_CASE("under way: what the brokers do not take stays open") {
    core::UnderWay book = book_of(1);
    const auto stores = book.take(at(0), {core::OutgoingRecord{}, core::OutgoingRecord{}});
    book.ended({stores[0].id, core::StoreResult::failed, "refused"});
    book.ended(acknowledged(stores[1]));
    CHECK(book.to_commit().empty());
    CHECK(book.failed() == 1);
    CHECK(book.last_error() == "refused");
}

TEST_CASE("under way: nothing more is taken while a commit fails, and its progress is committed again") {
    core::UnderWay book = book_of(1);
    const auto stores = book.take(at(0), {core::OutgoingRecord{}});
    book.ended(acknowledged(stores[0]));
    book.commit_ended(false);
    CHECK_FALSE(book.may_take());
    CHECK(book.to_commit().size() == 1);
    book.commit_ended(true);
    CHECK(book.may_take());
    CHECK(book.to_commit().empty());
}
