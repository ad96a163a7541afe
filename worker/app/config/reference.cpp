#include <fmt/format.h>

#include "worker/app/config/key.hpp"
#include "worker/app/config/load.hpp"

namespace app {

namespace {

// What a table cell cannot hold as it is.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += c == '|' ? "\\|" : std::string{c};
    }
    return escaped;
}

std::string standard_of(const Key& key) {
    if (key.path.ends_with("*")) {
        return "none";
    }
    if (!key.standard) {
        return "**required**";
    }
    return key.standard->empty() ? "none" : fmt::format("`{}`", *key.standard);
}

std::string values_of(const Key& key) {
    Key bare = key;
    bare.standard.reset();
    return expectation(bare);
}

}  // namespace

std::string reference() {
    std::string text = "| key | default | value | meaning |\n|---|---|---|---|\n";
    for (const Key& key : keys()) {
        text += fmt::format(
            "| `{}` | {} | {}; for example `{}` | {} |\n", key.path, standard_of(key), cell(values_of(key)),
            cell(key.example), cell(key.help));
    }
    return text;
}

}  // namespace app
