#include "common/strong.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <unordered_set>

namespace {

using Offset = common::Strong<struct TestOffsetTag, std::int64_t>;

}  // namespace

TEST_CASE("a strong number counts, compares and hashes like its number") {
    CHECK(Offset{7} + 1 == Offset{8});
    CHECK(Offset{8} - Offset{7} == 1);
    CHECK(Offset{-1} < Offset{0});
    CHECK(Offset{}.value == 0);
    const std::unordered_set<Offset> offsets{Offset{1}, Offset{1}, Offset{2}};
    CHECK(offsets.size() == 2);
}
