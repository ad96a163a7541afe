// The event that every benchmark is measured with: one account opts out, one token is deleted.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

// Every number is another account, so lanes never wait for each other.
[[nodiscard]] std::string account(std::size_t number);

// Structured CloudEvents JSON of 396 bytes; it becomes a request with a body of 61 bytes.
[[nodiscard]] std::string event_text(std::size_t number);

inline constexpr std::size_t request_body_bytes = 61;
inline constexpr std::size_t authorization_bytes = 257;  // a bearer JWT of Apple's shape

}  // namespace bench
