// The real check of client secrets: ES256 as Apple documents it for Sign in with Apple, with OpenSSL.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "worker/dev/apple/es256.hpp"
#include "worker/sim/identity/secret.hpp"

namespace dev {

// Threads: one at a time (AppleServer::with_secrets locks).
class Es256Secrets {
public:
    // As Es256Keys::add; the key is the team's.
    [[nodiscard]] common::Result<bool> add_key(
        const std::string& key_id, const std::string& team_id, std::string_view p8);
    void revoke_key(const std::string& key_id) { keys_.revoke(key_id); }
    void set_times(sim::SecretTimes times) { times_ = times; }

    [[nodiscard]] sim::SecretVerdict check(std::string_view secret, common::WallTime now) const;

private:
    Es256Keys keys_;
    std::map<std::string, std::string, std::less<>> teams_;  // by key
    sim::SecretTimes times_;
};

}  // namespace dev
