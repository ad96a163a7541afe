// Verifies RS256 signatures (RFC 7518 section 3.3): RSASSA-PKCS1-v1_5 with SHA-256. Apple signs identity
// tokens and notifications with it.
#pragma once

#include <string_view>

#include "worker/core/identity/key_set.hpp"

namespace auth {

// False for a signature that is another's, of another text, or of another length than the key's. Any thread.
// Cost: 28 us for 2048 bits, and 16 us for making OpenSSL's key, which is not kept: notifications are few,
// and a cache would have to follow the key set.
[[nodiscard]] bool rs256_verifies(
    const core::RsaKey& key, std::string_view signed_text, std::string_view signature);

}  // namespace auth
