// What every complaint about something signed keeps.
#pragma once

#include <algorithm>
#include <string_view>

#include "common/invariant.hpp"
#include "worker/core/identity/problem.hpp"

namespace fuzz {

inline void check_sentence(std::string_view sentence) {
    INVARIANT(!sentence.empty() && sentence.size() <= 200, "a complaint is one short sentence");
    INVARIANT(
        std::all_of(sentence.begin(), sentence.end(), [](char each) { return each >= ' ' && each <= '~'; }),
        "a complaint is made of our own words");
}

inline void check_problem(const core::IdentityProblem& problem) {
    check_sentence(problem.sentence);
    INVARIANT(
        std::any_of(
            core::identity_codes.begin(), core::identity_codes.end(),
            [&](const core::InvalidCode& each) { return each.code == problem.code.code; }),
        "the set of codes is closed");
}

}  // namespace fuzz
