// A number with a name, so that an offset, an epoch and an id cannot be mixed up.
//
//   using Offset = common::Strong<struct OffsetTag, std::int64_t>;
//   Offset{7} + 1 == Offset{8};   Offset{7} == Epoch{7} does not compile.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace common {

template <class Tag, class Rep>
struct Strong {
    Rep value{};

    constexpr Strong() = default;
    constexpr explicit Strong(Rep number) noexcept : value{number} {}

    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
    friend constexpr Strong operator+(Strong left, Rep right) noexcept { return Strong{left.value + right}; }
    friend constexpr Rep operator-(Strong left, Strong right) noexcept { return left.value - right.value; }
};

}  // namespace common

template <class Tag, class Rep>
struct std::hash<common::Strong<Tag, Rep>> {
    std::size_t operator()(const common::Strong<Tag, Rep>& strong) const noexcept {
        return std::hash<Rep>{}(strong.value);
    }
};
