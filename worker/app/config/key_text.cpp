// How a key is spoken of: in messages, in the environment and in the reference.
#include <fmt/format.h>

#include "worker/app/config/key.hpp"

namespace app {

namespace {

std::string choices(std::string_view allowed) {
    std::string text;
    for (const char c : allowed) {
        text += c == '|' ? std::string{", "} : std::string{c};
    }
    return text;
}

std::string range(const Key& key) {
    if (key.low.empty() && key.high.empty()) {
        return "";
    }
    return key.high.empty() ? fmt::format(", {} or more", key.low)
                            : fmt::format(" from {} to {}", key.low, key.high);
}

std::string form(const Key& key) {
    switch (key.kind) {
        case Kind::boolean:
            return "true or false";
        case Kind::integer:
            return "a whole number" + range(key);
        case Kind::number:
            return "a number" + range(key);
        case Kind::duration:
            return "a duration" + range(key);
        case Kind::bytes:
            return "a size" + range(key);
        case Kind::choice:
            return "one of " + choices(key.allowed);
        case Kind::path:
            return "the path of a file";
        case Kind::url:
            return "https://host or https://host:port";
        case Kind::text:
            return key.high.empty() ? "a text" : fmt::format("a text of at most {} characters", key.high);
        case Kind::property:
            break;
    }
    return "a value as librdkafka documents it";
}

}  // namespace

std::string variable_name(std::string_view path) {
    std::string name = "AUTOSIGNIN_";
    for (const char c : path) {
        switch (c) {
            case '.':
            case '[':
                name += "__";
                break;
            case ']':
                if (name.back() == '_') {
                    name += 'N';
                }
                break;
            default:
                name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return name;
}

std::string_view leaf_name(std::string_view path) {
    if (!path.empty() && path.back() == ']') {
        return "-";
    }
    return path.substr(path.rfind('.') + 1);
}

std::string expectation(const Key& key) {
    if (!key.standard) {
        return form(key);
    }
    return fmt::format("{} (default {})", form(key), key.standard->empty() ? "none" : *key.standard);
}

std::string suggestion(const Key& key, std::string_view path, std::string_view variable) {
    if (key.kind == Kind::property) {
        return "";
    }
    const std::string_view value = key.standard && !key.standard->empty() ? *key.standard : key.example;
    const bool named = key.path.ends_with(".*");  // by whoever wrote it, perhaps with dots
    const std::string_view leaf = named ? path.substr(key.path.size() - 1) : leaf_name(key.path);
    if (!variable.empty()) {
        return named ? fmt::format("{}={}={}", variable, leaf, value) : fmt::format("{}={}", variable, value);
    }
    return leaf == "-" ? fmt::format("- {}", value) : fmt::format("{}: {}", leaf, value);
}

}  // namespace app
