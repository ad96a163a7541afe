// Values after the check against the table: parsed, in range, defaults filled in.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/invariant.hpp"
#include "worker/app/config/scalar.hpp"
#include "worker/app/config/values.hpp"

namespace app {

class Checked {
public:
    // Problems go to the report; a wrong value is replaced by its default, so that one mistake gives one
    // message.
    Checked(const Values& values, Report& report);

    template <class Type>
    [[nodiscard]] Type get(const std::string& path) const {
        const Value value = look_up(path);
        const Type* typed = std::get_if<Type>(&value);
        // A required key that is missing was reported, and nobody starts with what is made here.
        return typed != nullptr ? *typed : Type{};
    }
    [[nodiscard]] std::string text(const std::string& path) const { return get<std::string>(path); }
    [[nodiscard]] common::Duration duration(const std::string& path) const {
        return get<common::Duration>(path);
    }
    [[nodiscard]] std::size_t count(const std::string& path) const {
        return static_cast<std::size_t>(get<std::int64_t>(path));
    }

    // How many items the list at `path` has.
    [[nodiscard]] std::size_t items(const std::string& path) const;
    // What is below a map: name and value, in the order of the names.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> entries(const std::string& path) const;
    // Where the value at `path` was written; the nearest enclosing place when it is a default.
    [[nodiscard]] Origin origin(const std::string& path) const;

private:
    [[nodiscard]] Value look_up(const std::string& path) const;
    void check_lists(Report& report) const;
    void check_required(Report& report) const;

    const Values& values_;
    std::map<std::string, Value> parsed_;
};

}  // namespace app
