#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "worker/app/config/schema.hpp"
#include "worker/app/config/values.hpp"

namespace app {

namespace {

constexpr std::size_t list_items_max = 1000;  // aliases could make a small file large

Origin origin_of(const YAML::Mark& mark) {
    return Origin{mark.line + 1, mark.column + 1};
}

std::string_view shape_name(const YAML::Node& node) {
    return node.IsMap() ? "a section" : node.IsSequence() ? "a list" : "a single value";
}

class Walk {
public:
    Walk(Values& values, Report& report) : values_{values}, report_{report} {}

    // `origin` is where the node's name stands: an empty node has no place of its own.
    void take(const YAML::Node& node, const Schema& schema, const std::string& path, Origin origin) {
        if (schema.shape == Shape::leaf) {
            return take_leaf(node, *schema.key, path, std::move(origin));
        }
        values_.places.emplace(path, origin);
        if (node.IsNull()) {
            return;  // a section whose keys are all commented out
        }
        if (schema.shape == Shape::list) {
            return take_list(node, schema, path);
        }
        take_map(node, schema, path);
    }

private:
    void take_leaf(const YAML::Node& node, const Key& key, const std::string& path, Origin origin) {
        if (node.IsNull()) {
            return reject(
                path, std::move(origin), "it has no value", expectation(key), suggestion(key, path, ""));
        }
        if (!node.IsScalar()) {
            return reject(
                path, origin_of(node.Mark()), fmt::format("this is {}, not a single value", shape_name(node)),
                expectation(key), suggestion(key, path, ""));
        }
        values_.leaves[path] = Given{node.Scalar(), origin_of(node.Mark()), &key};
    }

    void take_list(const YAML::Node& node, const Schema& schema, const std::string& path) {
        if (!node.IsSequence()) {
            const bool plain = schema.element->shape == Shape::leaf;
            return reject(
                path, origin_of(node.Mark()), fmt::format("this is {}, not a list", shape_name(node)),
                "a list, even of one item",
                plain ? suggestion(*schema.element->key, path, "")
                      : "- " + first_name(*schema.element) + ": …");
        }
        if (node.size() > list_items_max) {
            return reject(
                path, origin_of(node.Mark()), fmt::format("it has {} items", node.size()),
                fmt::format("at most {} items", list_items_max), "");
        }
        for (std::size_t i = 0; i < node.size(); ++i) {
            const YAML::Node item = node[i];
            take(item, *schema.element, fmt::format("{}[{}]", path, i), origin_of(item.Mark()));
        }
    }

    void take_map(const YAML::Node& node, const Schema& schema, const std::string& path) {
        if (!node.IsMap()) {
            const std::string expected =
                schema.shape == Shape::map ? "names with values" : "a section with " + names_of(schema);
            return reject(
                path, origin_of(node.Mark()), fmt::format("this is {}, not a section", shape_name(node)),
                expected, "");
        }
        std::map<std::string, int> first_line;
        for (const auto& pair : node) {
            const Origin origin = origin_of(pair.first.Mark());
            if (!pair.first.IsScalar()) {
                complain(path, origin, "a name must be a plain text", "", "");
                continue;
            }
            const std::string name = pair.first.Scalar();
            const std::string below = path.empty() ? name : fmt::format("{}.{}", path, name);
            const auto [seen, fresh] = first_line.emplace(name, origin.line);
            if (!fresh) {
                complain(
                    printable(below), origin, fmt::format("given twice; first in line {}", seen->second),
                    "every key once in its section", "keep one of the two");
                continue;
            }
            if (schema.shape == Shape::map) {
                take(pair.second, *schema.element, below, origin);
            } else if (const auto child = schema.children.find(name); child != schema.children.end()) {
                take(pair.second, child->second, below, origin);
            } else {
                unknown(schema, name, printable(below), origin);
            }
        }
    }

    void unknown(
        const Schema& section, const std::string& name, const std::string& path, const Origin& origin) {
        const std::string near = nearest(section, name);
        complain(
            path, origin, "there is no such key",
            near.empty() ? "one of " + names_of(section)
                         : "a key of the reference (autosignin-worker config-reference)",
            near);
    }

    static std::string first_name(const Schema& section) {
        return section.children.empty() ? "name" : section.children.begin()->first;
    }

    static std::string printable(const std::string& path) {
        const std::string shown = quoted(path);
        return shown.substr(1, shown.size() - 2);
    }

    // The node at `path` itself is unusable.
    void reject(
        const std::string& path, Origin origin, std::string problem, std::string expected,
        std::string remedy) {
        values_.broken.insert(path);
        complain(path, std::move(origin), std::move(problem), std::move(expected), std::move(remedy));
    }

    void complain(
        const std::string& path, Origin origin, std::string problem, std::string expected,
        std::string remedy) {
        report_.add(
            {Gravity::error, std::move(origin), path, std::move(problem), std::move(expected),
             std::move(remedy)});
    }

    Values& values_;
    Report& report_;
};

// Notes where documents begin.
class Beginnings : public YAML::EventHandler {
public:
    [[nodiscard]] const std::vector<YAML::Mark>& all() const { return all_; }

    void OnDocumentStart(const YAML::Mark& mark) override { all_.push_back(mark); }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(
        const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(
        const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    std::vector<YAML::Mark> all_;
};

// Complains of a second document. Not YAML::LoadAll(): where something is left
// that begins no document, as after a tag, it finds an empty one there again and again until memory ends.
void expect_one_document(const std::string& text, Report& report) {
    std::istringstream stream{text};
    YAML::Parser parser{stream};
    Beginnings beginnings;
    const std::vector<YAML::Mark>& found = beginnings.all();
    while (found.size() < 3 && parser.HandleNextDocument(beginnings)) {
    }
    if (found.size() == 3 && found[1].pos == found[2].pos) {
        throw YAML::ParserException{found[1], "nothing can begin here"};
    }
    if (found.size() > 1) {
        report.add(
            {Gravity::error, origin_of(found[1]), "", "the file holds several YAML documents", "one document",
             "remove the lines with ---"});
    }
}

// yaml-cpp takes lines that begin with % for directives and finds no document after them.
bool only_comments(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin != std::string_view::npos && line[begin] != '#') {
            return false;
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return true;
}

}  // namespace

Values read_document(const std::string& text, Report& report) {
    Values values;
    try {
        const YAML::Node document = YAML::Load(text);
        if (document.IsNull()) {
            const bool blank = only_comments(text);
            report.add(
                {Gravity::error,
                 {},
                 "",
                 blank ? "the file is empty" : "there is no YAML document in it",
                 "at least kafka and apps",
                 "start from worker/worker.example.yaml"});
            return values;
        }
        expect_one_document(text, report);
        Walk{values, report}.take(document, schema(), "", Origin{1, 1});
    } catch (const YAML::Exception& error) {
        const Origin origin = error.mark.is_null() ? Origin{} : origin_of(error.mark);
        report.add(
            {Gravity::error, origin, "", "not YAML: " + error.msg, "one YAML document",
             "look at this line and the one above: indentation, quotes, a tab"});
    }
    return values;
}

}  // namespace app
