#include "worker/core/command/api.hpp"

#include <cstddef>

namespace core {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view form = "application/x-www-form-urlencoded";

struct Row {
    Action action;
    std::string_view name;
    Call call;
};

// In the order of Action.
constexpr std::array rows{
    Row{Action::update, "update", {.path = "/account/v1/autoSignIn/update", .content_type = json}},
    Row{Action::erase, "delete", {.path = "/account/v1/autoSignIn/delete", .content_type = json}},
    Row{Action::revoke,
        "revoke",
        {.made_by = CredentialKind::client,
         .path = "/auth/revoke",
         .content_type = form,
         .credential = CredentialPlace::client_secret_field}},
    Row{Action::check,
        "check",
        {.made_by = CredentialKind::client,
         .path = "/auth/token",
         .content_type = form,
         .credential = CredentialPlace::client_secret_field}},
    Row{Action::key_set,
        "key_set",
        {.made_by = CredentialKind::keyless,
         .method = "GET",
         .path = "/auth/keys",
         .credential = CredentialPlace::nowhere}},
};
static_assert(rows.size() == actions.size());

constexpr const Row& row_of(Action action) noexcept {
    return rows[static_cast<std::size_t>(action)];
}
static_assert([] {
    for (const Action action : actions) {
        if (row_of(action).action != action) {
            return false;
        }
    }
    return true;
}());

}  // namespace

std::string_view api_name(Api api) noexcept {
    return api == Api::automatic_sign_in ? "automatic_sign_in" : "sign_in_with_apple";
}

std::string_view action_name(Action action) noexcept {
    return row_of(action).name;
}

Api api_of(CredentialKind kind) noexcept {
    return kind == CredentialKind::app ? Api::automatic_sign_in : Api::sign_in_with_apple;
}

std::span<const Action> actions_of(CredentialKind kind) noexcept {
    std::size_t first = 0;
    while (rows[first].call.made_by != kind) {
        ++first;
    }
    std::size_t end = first;
    while (end < rows.size() && rows[end].call.made_by == kind) {
        ++end;
    }
    return std::span{actions}.subspan(first, end - first);
}

const Call& call_of(Action action) noexcept {
    return row_of(action).call;
}

}  // namespace core
