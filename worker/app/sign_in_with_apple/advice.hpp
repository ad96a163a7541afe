// What a person should look at when Apple refuses, in the order in which it is worth looking.
//
// Sources: ErrorResponse and TN3107 (the causes), and what callers of the API report; see the table in the
// .cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "worker/core/identity/token_response.hpp"

namespace app::identity {

enum class Question : std::uint8_t { exchange, refresh, revoke };

struct Advice {
    std::string_view meaning;
    std::span<const std::string_view> causes;  // the likeliest first; empty: Apple documents none
};
[[nodiscard]] Advice advice(Question question, core::IdentityError error) noexcept;

// What a status tells that came without an ErrorResponse: a sentence with what to do.
[[nodiscard]] std::string without_error(int status);

// "Likely causes, in this order:" and a numbered line each; empty when there are none. No line end at its
// end.
[[nodiscard]] std::string causes_text(const Advice& advice);

}  // namespace app::identity
