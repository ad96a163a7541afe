#include "worker/sim/ports/credentials.hpp"

#include <fmt/format.h>

#include <chrono>

#include "worker/sim/apple/token.hpp"
#include "worker/sim/world/swarm.hpp"

namespace sim {

namespace {
using namespace std::chrono_literals;
}

common::Result<const common::Secret*> SimCredentials::authorization(core::CredentialId id, common::Now now) {
    if (weather_.no_key) {
        failed_ = true;
        witness_.not_signed(worker_);
        return common::Error{"the key file cannot be read (simulated)"};
    }
    const auto age = [&](const Token& token) { return now.wall - token.signed_at; };
    auto found = tokens_.find(id);
    if (found == tokens_.end() || age(found->second) > 10min || age(found->second) < 0s) {
        const auto issued =
            std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count() - 60;
        Token token{
            common::Secret{plain_token(key_id_, bundle_id(core::AppId{id.value}), issued, issued + 1200)},
            now.wall};
        found = tokens_.insert_or_assign(id, std::move(token)).first;
    }
    return &found->second.header;
}

void SimCredentials::renew(core::CredentialId id) {
    trace_.line(worker_, 'K', fmt::format("sign afresh for credential {}", id.value));
    tokens_.erase(id);
}

void SimCredentials::key_changed(core::CredentialId id) {
    tokens_.erase(id);
    changed_.push_back(id);
}

void SimCredentials::collect(common::Now, std::vector<core::Input>& inputs) {
    for (const core::CredentialId id : changed_) {
        trace_.line(worker_, 'K', fmt::format("key of credential {} changed", id.value));
        inputs.emplace_back(core::CredentialChanged{id});
    }
    changed_.clear();
}

}  // namespace sim
