// A JWS in its compact form (RFC 7515 section 7.1), taken apart and not trusted yet.
//
//   base64url(header) . base64url(payload) . base64url(signature)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/secret.hpp"
#include "worker/core/identity/problem.hpp"

namespace core {

// Apple's tokens take about a thousand characters.
inline constexpr std::size_t jws_bytes_max = 16'384;

// What the header says, which anybody can write.
struct JwsHeader {
    std::string algorithm;              // `alg`
    std::optional<std::string> key_id;  // `kid`; Apple's have had 7 and 10 characters
    std::optional<std::string> type;    // `typ`
};

struct CompactJws {
    JwsHeader header;
    common::Secret signed_text;  // the first two parts with their dot, as they came
    common::Secret payload;      // decoded; any bytes
    std::string signature;       // decoded; not empty
};

// Takes exactly what RFC 7515 writes: no padding, no blanks, no line ends, no fourth part. Refuses a header
// with a repeated member, and with `crit`, whose extensions must be understood and none of which are. Never
// throws.
[[nodiscard]] std::variant<CompactJws, IdentityProblem> read_compact_jws(std::string_view text);

}  // namespace core
