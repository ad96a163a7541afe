// Real signatures for the identity server: RS256 with keys of 2048 bits, SHA-256 for the hashes in identity
// tokens.
#pragma once

#include "worker/sim/identity/keys.hpp"

namespace dev {

// A key pair takes about a tenth of a second to make.
[[nodiscard]] sim::IdentityCrypto openssl_identity_crypto();

}  // namespace dev
