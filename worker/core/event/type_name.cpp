#include "common/invariant.hpp"
#include "worker/core/event/event.hpp"

namespace core {

std::string_view type_name(EventType type) noexcept {
    switch (type) {
        case EventType::password_changed:
            return "account.password-changed.v1";
        case EventType::opted_out:
            return "account.opted-out.v1";
        case EventType::sign_in_flagged:
            return "account.sign-in-flagged.v1";
        case EventType::deleted:
            return "account.deleted.v1";
        case EventType::session_ended:
            return "account.session-ended.v1";
        case EventType::session_check:
            return "account.session-check.v1";
        case EventType::notification:
            return "apple.notification.v1";
    }
    common::invariant_broken(__FILE__, __LINE__, "type", "an event type that does not exist");
}

}  // namespace core
