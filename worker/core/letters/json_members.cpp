#include "worker/core/letters/json_members.hpp"

#include <nlohmann/json.hpp>

namespace core {

const nlohmann::json* member_of(const nlohmann::json* object, const char* name) {
    if (object == nullptr || !object->is_object()) {
        return nullptr;
    }
    const auto found = object->find(name);
    return found == object->end() ? nullptr : &*found;
}

std::string text_in(const nlohmann::json* member) {
    return member != nullptr && member->is_string() ? member->get_ref<const std::string&>() : std::string{};
}

}  // namespace core
