#include "worker/sim/apple/body.hpp"

#include <nlohmann/json.hpp>

namespace sim {
namespace {

bool take(const nlohmann::json& object, const char* field, std::string& into) {
    const auto found = object.find(field);
    if (found == object.end() || !found->is_string()) {
        return false;
    }
    into = found->get<std::string>();
    return !into.empty();
}

}  // namespace

std::optional<core::Action> action_of(std::string_view path) noexcept {
    if (path == "/account/v1/autoSignIn/update") {
        return core::Action::update;
    }
    if (path == "/account/v1/autoSignIn/delete") {
        return core::Action::erase;
    }
    return std::nullopt;
}

std::optional<RequestBody> read_body(
    core::Action action, std::string_view content_type, std::string_view body) {
    if (!content_type.starts_with("application/json")) {
        return std::nullopt;
    }
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    RequestBody read;
    const bool whole = action == core::Action::update
                           ? take(json, "existingAutoSignInTokenValue", read.value) &&
                                 take(json, "newAutoSignInTokenValue", read.replacement)
                           : take(json, "autoSignInTokenValue", read.value);
    return whole ? std::optional{read} : std::nullopt;
}

}  // namespace sim
