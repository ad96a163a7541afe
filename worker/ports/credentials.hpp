// What proves to Apple who is asking: bearer JWTs and client secrets.
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

    // The credential as its calls carry it: an authorization header's whole value, or a client secret.
    // Cached, signed again before it expires. Error: no usable key; the message names the file and the
    // remedy. The reference stays valid until the next call. Not asked for CredentialKind::keyless.
    [[nodiscard]] virtual common::Result<const common::Secret*> authorization(
        core::CredentialId id, common::Now now) = 0;

    // Apple refused the last one: forget it, so that the next authorization() signs afresh.
    virtual void renew(core::CredentialId id) = 0;

    // Appends CredentialChanged for those whose key files changed and could be read.
    virtual void collect(common::Now now, std::vector<core::Input>& inputs) = 0;
};

}  // namespace ports
