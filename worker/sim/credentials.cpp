#include "worker/sim/credentials.hpp"

#include <fmt/format.h>

#include <chrono>

#include "worker/sim/apple_token.hpp"
#include "worker/sim/swarm.hpp"

namespace sim {

namespace {
using namespace std::chrono_literals;
}

common::Result<const common::Secret*> SimCredentials::authorization(core::AppId app, common::Now now) {
    if (weather_.no_key) {
        failed_ = true;
        witness_.not_signed(worker_);
        return common::Error{"the key file cannot be read (simulated)"};
    }
    const auto age = [&](const Token& token) { return now.wall - token.signed_at; };
    auto found = tokens_.find(app);
    if (found == tokens_.end() || age(found->second) > 10min || age(found->second) < 0s) {
        const auto issued =
            std::chrono::floor<std::chrono::seconds>(now.wall).time_since_epoch().count() - 60;
        Token token{common::Secret{plain_token(key_id_, bundle_id(app), issued, issued + 1200)}, now.wall};
        found = tokens_.insert_or_assign(app, std::move(token)).first;
    }
    return &found->second.header;
}

void SimCredentials::renew(core::AppId app) {
    trace_.line(worker_, 'K', fmt::format("sign afresh for {}", app_name(app)));
    tokens_.erase(app);
}

void SimCredentials::key_changed(core::AppId app) {
    tokens_.erase(app);
    changed_.push_back(app);
}

void SimCredentials::collect(common::Now, std::vector<core::Input>& inputs) {
    for (const core::AppId app : changed_) {
        trace_.line(worker_, 'K', fmt::format("key of {} changed", app_name(app)));
        inputs.emplace_back(core::CredentialChanged{app});
    }
    changed_.clear();
}

}  // namespace sim
