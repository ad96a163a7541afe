// The real check of bearer tokens: ES256 as Apple documents it, with OpenSSL.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "worker/sim/apple/token.hpp"

namespace dev {

// The team whose In-App Purchase keys and apps the scripted Apple knows. Keys are account-wide; the app is
// named by the token's bid.
//
// Verified tokens are remembered, so that a token that is used a thousand times costs one verification; their
// times are checked on every use.
// Threads: one at a time (AppleServer::with_apple locks).
class Es256Tokens {
public:
    Es256Tokens();
    Es256Tokens(Es256Tokens&&) noexcept;
    Es256Tokens& operator=(Es256Tokens&&) noexcept;
    ~Es256Tokens();

    // `p8` is the private key's PEM; only its public half is kept. A known id gets the new key.
    [[nodiscard]] common::Result<bool> add_key(const std::string& key_id, std::string_view p8);
    // From now on tokens of this key are refused. Unknown ids are ignored.
    void revoke_key(const std::string& key_id);

    void set_issuer(std::string issuer);  // any when never set
    void add_app(std::string bundle_id);
    void set_times(sim::TokenTimes times);

    [[nodiscard]] sim::TokenVerdict check(std::string_view authorization, common::WallTime now);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dev
