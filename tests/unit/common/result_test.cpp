#include "common/result.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace {

common::Result<int> half_of(int number) {
    if (number % 2 != 0) {
        return common::Error{"odd"};
    }
    return number / 2;
}

}  // namespace

TEST_CASE("a result holds the value or the reason, never both") {
    auto half = half_of(8);
    REQUIRE(half);
    CHECK(half.value() == 4);
    CHECK(*half == 4);
    *half = 5;
    CHECK(std::as_const(half).value() == 5);

    const auto none = half_of(7);
    REQUIRE_FALSE(none);
    CHECK(none.error().message == "odd");
}

TEST_CASE("a value can be moved out of a result") {
    common::Result<std::unique_ptr<int>> result{std::make_unique<int>(3)};
    const std::unique_ptr<int> taken = std::move(result).value();
    REQUIRE(taken);
    CHECK(*taken == 3);
    CHECK(*result == nullptr);  // NOLINT(bugprone-use-after-move): its state is the claim
}

TEST_CASE("members are reached through the arrow") {
    common::Result<std::string> result{std::string{"abc"}};
    CHECK(result->size() == 3);
    CHECK(std::as_const(result)->size() == 3);
}
