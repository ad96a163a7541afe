#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "worker/app/config/schema.hpp"
#include "worker/app/config/values.hpp"

namespace app {

namespace {

constexpr std::string_view prefix = "AUTOSIGNIN_";
constexpr std::size_t index_max = 999;

std::string lower(std::string_view text) {
    std::string lowered{text};
    for (char& c : lowered) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return lowered;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + separator.size());
    }
}

std::optional<std::size_t> index_in(std::string_view text) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && index <= index_max ? std::optional{index} : std::nullopt;
}

class Overlay {
public:
    Overlay(Values& values, Report& report) : values_{values}, report_{report} {}

    void lay(const std::string& variable, const std::string& text) {
        const std::vector<std::string> levels = split(std::string_view{variable}.substr(prefix.size()), "__");
        const Schema* node = &schema();
        std::string path;
        for (const std::string& level : levels) {
            if (node->shape == Shape::list && index_in(level)) {
                path += fmt::format("[{}]", *index_in(level));
                node = node->element.get();
                values_.places.emplace(path, Origin{0, 0, variable});
                continue;
            }
            const auto child =
                node->shape == Shape::section ? node->children.find(lower(level)) : node->children.end();
            if (child == node->children.end()) {
                return unknown(variable, *node, level, path, levels.size());
            }
            path += (path.empty() ? "" : ".") + child->first;
            node = &child->second;
        }
        set(*node, path, variable, text);
    }

private:
    void set(
        const Schema& node, const std::string& path, const std::string& variable, const std::string& text) {
        const Origin origin{0, 0, variable};
        switch (node.shape) {
            case Shape::leaf:
                values_.leaves[path] = Given{text, origin, node.key};
                return;
            case Shape::list:
                if (node.element->shape == Shape::leaf) {
                    return set_list(node, path, origin, text);
                }
                break;
            case Shape::map:
                return set_map(node, path, origin, text);
            case Shape::section:
                break;
        }
        report_.add(
            {Gravity::error, origin, path, "this is not a single value", "a variable a key",
             node.shape == Shape::list ? fmt::format("{}__0__{}", variable, names_of(*node.element))
                                       : names_of(node)});
    }

    void set_list(
        const Schema& node, const std::string& path, const Origin& origin, const std::string& text) {
        std::erase_if(values_.leaves, [&](const auto& leaf) { return leaf.first.starts_with(path + "["); });
        values_.places[path] = origin;
        std::size_t index = 0;
        for (const std::string& item : split(text, ",")) {
            values_.leaves[fmt::format("{}[{}]", path, index++)] = Given{item, origin, node.element->key};
        }
    }

    void set_map(const Schema& node, const std::string& path, const Origin& origin, const std::string& text) {
        values_.places.emplace(path, origin);
        for (const std::string& entry : split(text, ";")) {
            const std::size_t equals = entry.find('=');
            if (entry.empty()) {
                continue;
            }
            if (equals == std::string::npos || equals == 0) {
                report_.add(
                    {Gravity::error, origin, path, "an entry is not name=value", "name=value, separated by ;",
                     fmt::format("{}=name={}", origin.variable, node.element->key->example)});
                continue;
            }
            values_.leaves[path + "." + entry.substr(0, equals)] =
                Given{entry.substr(equals + 1), origin, node.element->key};
        }
    }

    void unknown(
        const std::string& variable, const Schema& section, const std::string& level, const std::string& path,
        std::size_t levels) {
        const std::string near = section.shape == Shape::section ? nearest(section, lower(level)) : "";
        const bool near_here = section.children.contains(near);
        if (levels == 1 && !near_here) {
            return;
        }
        const std::string dotted = path.empty() || !near_here ? near : path + "." + near;
        const std::string_view shape =
            section.shape == Shape::list  ? "an index from 0 to 999 after the list's name"
            : section.shape == Shape::map ? "all entries in one variable: name=value;name=value"
                                          : "a key of the reference (autosignin-worker config-reference)";
        report_.add(
            {Gravity::error, Origin{0, 0, variable}, "", "this variable names no key", std::string{shape},
             near.empty() ? "" : variable_name(dotted)});
    }

    Values& values_;
    Report& report_;
};

}  // namespace

void overlay_environment(const Environment& environment, Values& values, Report& report) {
    Overlay overlay{values, report};
    // Lists as a whole come first in the map's order, so that a variable for one item is not lost.
    for (const auto& [variable, text] : environment) {
        if (variable.starts_with(prefix) && variable.size() > prefix.size()) {
            overlay.lay(variable, text);
        }
    }
}

}  // namespace app
