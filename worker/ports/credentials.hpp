// Bearer JWTs for Apple's Automatic Sign-In API.
#pragma once

#include <vector>

#include "common/result.hpp"
#include "common/secret.hpp"
#include "common/time.hpp"
#include "worker/core/engine/input.hpp"

namespace ports {

class Credentials {
public:
    virtual ~Credentials() = default;

    // The authorization header's value for requests of `app`: cached, signed again before it expires.
    // Error: no usable key; the message names the file and the remedy. The reference stays valid until the
    // next call.
    [[nodiscard]] virtual common::Result<const common::Secret*> authorization(
        core::AppId app, common::Now now) = 0;

    // Apple refused the last one: forget it, so that the next authorization() signs afresh.
    virtual void renew(core::AppId app) = 0;

    // Appends CredentialChanged for apps whose key files changed and could be read.
    virtual void collect(common::Now now, std::vector<core::Input>& inputs) = 0;
};

}  // namespace ports
