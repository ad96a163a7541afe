// The names that an event itself gives to its type and its app: for people who look for the one that the
// worker does not know. The account system chose both, so they are no secrets; they come from outside, so
// they are bounded, valid UTF-8 and without control characters.
#pragma once

#include <string>
#include <string_view>

#include "worker/core/event/record.hpp"

namespace core {

struct GivenNames {
    std::string type;  // empty: it gives none that can be read
    std::string app;
};

// Reads the record's value once more, so only for what could not be decoded.
[[nodiscard]] GivenNames names_given(const Record& record);

// As it is shown: at most 64 bytes, with a question mark for what is no printable character.
[[nodiscard]] std::string shown_name(std::string_view name);

}  // namespace core
