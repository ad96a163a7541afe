#include "worker/app/config/schema.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace app {

namespace {

Schema& element_of(Schema& node, Shape shape) {
    node.shape = shape;
    if (!node.element) {
        node.element = std::make_unique<Schema>();
    }
    return *node.element;
}

void plant(Schema& root, const Key& key) {
    Schema* node = &root;
    std::string_view rest = key.path;
    while (!rest.empty()) {
        std::string_view level = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(level.size() + 1, rest.size()));
        if (level == "*") {
            node = &element_of(*node, Shape::map);
            continue;
        }
        const bool list = level.ends_with("[]");
        if (list) {
            level.remove_suffix(2);
        }
        node = &node->children[std::string{level}];
        if (list) {
            node = &element_of(*node, Shape::list);
        }
    }
    node->shape = Shape::leaf;
    node->key = &key;
}

// Whether one is the beginning of the other, underscores aside.
bool begins_alike(std::string left, std::string right) {
    std::erase(left, '_');
    std::erase(right, '_');
    return left.starts_with(right) || right.starts_with(left);
}

}  // namespace

const Schema& schema() {
    static const Schema root = [] {
        Schema made;
        for (const Key& key : keys()) {
            plant(made, key);
        }
        return made;
    }();
    return root;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < right.size(); ++j) {
            const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
        }
    }
    return row.back();
}

std::string nearest(const Schema& section, std::string_view name) {
    constexpr std::size_t name_chars_max = 64;  // the distance costs the product of both lengths
    if (name.size() > name_chars_max) {
        return "";
    }
    for (const auto& [known, child] : section.children) {
        if (name.size() >= 4 && begins_alike(known, std::string{name})) {
            return known;  // in_flight for in_flight_max, and inflight
        }
    }
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const auto& [known, child] : section.children) {
        const std::size_t distance = edit_distance(name, known);
        if (distance < best_distance) {
            best = known;
            best_distance = distance;
        }
    }
    if (!best.empty()) {
        return best;
    }
    for (const Key& key : keys()) {
        if (leaf_name(key.path) == name) {
            return std::string{key.path};
        }
    }
    return "";
}

std::string names_of(const Schema& section) {
    std::string names;
    for (const auto& [name, child] : section.children) {
        names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

}  // namespace app
