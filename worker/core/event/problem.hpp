// The first thing that is wrong with a draft. Sentences are made of our own words and of pointers, which hold
// member names of the contract and indices: never a value from the payload.
#pragma once

#include <optional>
#include <string>

#include "worker/core/event/invalid_codes.hpp"

namespace core {

struct Problem {
    InvalidCode code;
    std::string pointer;  // RFC 6901, into the structured form of the event, in binary mode too
    std::string sentence;
};

using MaybeProblem = std::optional<Problem>;

}  // namespace core
