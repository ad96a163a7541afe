#include "worker/app/config/checked.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/app/config/schema.hpp"

namespace app {

namespace {

// "apps[12].keys[0].id" -> "apps[].keys[].id"
std::string pattern_of(std::string_view path) {
    std::string pattern;
    bool inside = false;
    for (const char c : path) {
        inside = inside && c != ']';
        if (!inside) {
            pattern += c;
        }
        inside = inside || c == '[';
    }
    return pattern;
}

const Key* key_of(std::string_view path) {
    const std::string pattern = pattern_of(path);
    const auto all = keys();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Key& key) { return key.path == pattern; });
    return found == all.end() ? nullptr : &*found;
}

// The concrete paths that a pattern stands for, given how many items each list has.
std::vector<std::string> expand(const Checked& checked, std::string_view pattern) {
    const std::size_t list = pattern.find("[].");
    if (list == std::string_view::npos) {
        return {std::string{pattern}};
    }
    std::vector<std::string> paths;
    const std::string head{pattern.substr(0, list)};
    for (std::size_t i = 0; i < checked.items(head); ++i) {
        // Only the first list is expanded here; the rest follows by recursion on a concrete head.
        for (const std::string& path :
             expand(checked, fmt::format("{}[{}]{}", head, i, pattern.substr(list + 2)))) {
            paths.push_back(path);
        }
    }
    return paths;
}

// What to write at `path`, in the file or in the environment, wherever its section was given.
std::string remedy_for(const Key& key, const Origin& origin, std::string_view path) {
    return suggestion(key, path, origin.variable.empty() ? "" : variable_name(path));
}

bool reported(const Values& values, const std::string& path) {
    return std::any_of(values.broken.begin(), values.broken.end(), [&](const std::string& broken) {
        return path.starts_with(broken);
    });
}

}  // namespace

Checked::Checked(const Values& values, Report& report) : values_{values} {
    for (const auto& [path, given] : values.leaves) {
        auto value = parse(*given.key, given.text);
        if (value) {
            parsed_.emplace(path, *value);
            continue;
        }
        report.add(
            {Gravity::error, given.origin, path, value.error().message, expectation(*given.key),
             suggestion(*given.key, path, given.origin.variable)});
    }
    check_lists(report);
    check_required(report);
}

Value Checked::look_up(const std::string& path) const {
    const auto found = parsed_.find(path);
    if (found != parsed_.end()) {
        return found->second;
    }
    const Key* key = key_of(path);
    INVARIANT(key != nullptr, "the program asked for a key that the table does not have");
    return key->standard ? *parse(*key, *key->standard) : Value{};
}

std::size_t Checked::items(const std::string& path) const {
    const auto given = [&](const std::string& item) {
        return values_.places.contains(item) || values_.leaves.contains(item);
    };
    std::size_t count = 0;
    while (given(fmt::format("{}[{}]", path, count))) {
        ++count;
    }
    return count;
}

std::vector<std::pair<std::string, std::string>> Checked::entries(const std::string& path) const {
    std::vector<std::pair<std::string, std::string>> found;
    const std::string head = path + ".";
    for (auto at = parsed_.lower_bound(head); at != parsed_.end() && at->first.starts_with(head); ++at) {
        found.emplace_back(at->first.substr(head.size()), std::get<std::string>(at->second));
    }
    return found;
}

Origin Checked::origin(const std::string& path) const {
    if (const auto leaf = values_.leaves.find(path); leaf != values_.leaves.end()) {
        return leaf->second.origin;
    }
    for (std::string place = path;;) {
        if (const auto found = values_.places.find(place); found != values_.places.end()) {
            return found->second;
        }
        if (place.empty()) {
            return {};
        }
        const std::size_t cut = place.find_last_of(".[");
        place = cut == std::string::npos ? "" : place.substr(0, cut);
    }
}

// An item beyond the list's end can only come from the environment: AUTOSIGNIN_APPS__7__NAME.
void Checked::check_lists(Report& report) const {
    for (const auto& [path, origin] : values_.places) {
        if (path.empty() || path.back() != ']') {
            continue;
        }
        const std::size_t bracket = path.rfind('[');
        const std::string list = path.substr(0, bracket);
        const std::size_t index = std::stoul(path.substr(bracket + 1));
        if (index >= items(list)) {
            report.add(
                {Gravity::error, origin, path, fmt::format("the list has only {} items", items(list)),
                 "items without a gap, counted from 0",
                 variable_name(fmt::format("{}[{}]", list, items(list)))});
        }
    }
}

void Checked::check_required(Report& report) const {
    for (const Key& key : keys()) {
        if (key.standard || key.path.ends_with("*")) {
            continue;
        }
        const bool list = key.path.ends_with("[]");
        const std::string_view pattern = list ? key.path.substr(0, key.path.size() - 2) : key.path;
        for (const std::string& path : expand(*this, pattern)) {
            if (reported(values_, path)) {
                continue;
            }
            if (list ? items(path) == 0 : !values_.leaves.contains(path)) {
                const Origin at = origin(path);
                report.add(
                    {Gravity::error, at, path, list ? "at least one is needed" : "it is missing",
                     expectation(key),
                     list ? fmt::format("{}: [{}]", leaf_name(path), key.example)
                          : remedy_for(key, at, path)});
            }
        }
    }
    for (const std::string_view pattern : {"apps", "apps[].keys", "sign_in_with_apple.clients[].keys"}) {
        for (const std::string& path : expand(*this, pattern)) {
            if (items(path) == 0 && !reported(values_, path)) {
                report.add(
                    {Gravity::error, origin(path), path, "at least one is needed",
                     path == "apps" ? "a list of apps, each with a name, a bundle_id, an issuer_id and keys"
                                    : "a list of keys, each with an id and a file",
                     path == "apps"
                         ? "apps: [{name: tv, bundle_id: …, issuer_id: …, keys: […]}]"
                         : "keys: [{id: 2X9R4HXF34, file: /run/secrets/apple/AuthKey_2X9R4HXF34.p8}]"});
            }
        }
    }
}

}  // namespace app
