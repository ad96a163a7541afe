// Members of a parsed document that somebody else wrote. Nothing is copied out of it but texts: hostile
// documents are nested deeper than a copy can go.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace core {

// Null: there is no such member, or `object` is null or none.
[[nodiscard]] const nlohmann::json* member_of(const nlohmann::json* object, const char* name);

// Empty: `member` is null or no text.
[[nodiscard]] std::string text_in(const nlohmann::json* member);

}  // namespace core
