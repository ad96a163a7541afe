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

// When so many letters failed that the next ones would fare no better.
namespace {

using core::StoreResult;
using core::UnderWay;

const core::TopicPartition letters{"dead", 0};

class Book {
public:
    Book() { book.begin(letters, core::Settling{core::Offset{0}}); }
    void letter(StoreResult result) {
        static_cast<void>(book.settling(letters).found(core::Offset{next_}));
        const auto stores = book.take({letters, core::Offset{next_++}}, {core::OutgoingRecord{}});
        book.ended({stores.front().id, result, result == StoreResult::acknowledged ? "" : "refused"});
    }
    UnderWay book;

private:
    std::int64_t next_ = 0;
};

}  // namespace

// Twenty letters of a partition that was gone once ended every run that met them, though all others could go.
TEST_CASE("under way: only failures on end say that the brokers take nothing") {
    Book run;
    for (std::uint64_t each = 0; each < 3 * UnderWay::failed_on_end_max; ++each) {
        run.letter(StoreResult::failed);
        CHECK(run.book.failed_on_end() == 1);
        run.letter(StoreResult::acknowledged);
        CHECK(run.book.failed_on_end() == 0);
    }
    CHECK(run.book.failed() == 3 * UnderWay::failed_on_end_max);
    for (std::uint64_t each = 1; each <= UnderWay::failed_on_end_max; ++each) {
        run.letter(StoreResult::failed);
        CHECK(run.book.failed_on_end() == each);
    }
}

TEST_CASE("under way: a letter that is too large is its own misfortune") {
    Book run;
    run.letter(StoreResult::failed);
    for (std::uint64_t each = 0; each < 2 * UnderWay::failed_on_end_max; ++each) {
        run.letter(StoreResult::too_large);
    }
    CHECK(run.book.failed_on_end() == 1);
    CHECK(run.book.failed() == 2 * UnderWay::failed_on_end_max + 1);
    CHECK(run.book.settled() == 0);
}
