// One request on its way through the identity server. Private to apple_identity*.cpp.
#pragma once

#include "worker/sim/identity/apple_identity.hpp"

namespace sim {

struct AppleIdentity::Call : CallInCourse<IdentityEntry> {
    std::string_view path;  // without the query
    Form form;              // the body's or the query's fields

    [[nodiscard]] FaultTarget target() const {
        return {request->environment, entry.client_id, std::nullopt, path, entry.token};
    }
};

}  // namespace sim
