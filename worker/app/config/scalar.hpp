// One value as it is written, turned into what it means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/app/config/key.hpp"

namespace app {

// bytes and integers share std::int64_t.
using Value = std::variant<bool, std::int64_t, double, common::Duration, std::string>;

// Checks form, range and length. Error: what is wrong, for a Diagnostic ("'10' has no unit").
[[nodiscard]] common::Result<Value> parse(const Key& key, std::string_view text);

}  // namespace app
