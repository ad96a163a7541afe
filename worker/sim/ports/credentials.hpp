// Tokens that look like tokens to the scripted Apple and that a checker recognises wherever they turn up.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "worker/ports/credentials.hpp"
#include "worker/sim/ports/inbox.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/world/timeline.hpp"
#include "worker/sim/world/trace.hpp"
#include "worker/sim/world/weather.hpp"

namespace sim {

// Key ids start with this, and so do all tokens, after "Bearer ".
inline constexpr std::string_view key_mark = "KEYMARK";

class SimCredentials final : public ports::Credentials {
public:
    SimCredentials(
        WorkerId worker, const Weather& weather, const std::string& key_id, Trace& trace, Witness& witness)
        : worker_{worker}, weather_{weather}, key_id_{key_id}, trace_{trace}, witness_{witness} {}

    [[nodiscard]] common::Result<const common::Secret*> authorization(
        core::CredentialId id, common::Now now) override;
    void renew(core::CredentialId id) override;
    void collect(common::Now now, std::vector<core::Input>& inputs) override;

    [[nodiscard]] bool ready() const noexcept { return !changed_.empty(); }
    void key_changed(core::CredentialId id);
    // The last authorization() gave nothing, so the loop has an input of its own.
    [[nodiscard]] bool take_failed() noexcept { return std::exchange(failed_, false); }

private:
    struct Token {
        common::Secret header;
        common::WallTime signed_at{};
    };
    WorkerId worker_;
    const Weather& weather_;
    const std::string& key_id_;  // the key in use now; the world changes it
    Trace& trace_;
    Witness& witness_;
    std::map<core::CredentialId, Token> tokens_;
    std::vector<core::CredentialId> changed_;
    bool failed_ = false;
};

}  // namespace sim
