#include "tests/architecture/tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tree {

namespace {

// Good enough for the house style: no raw strings with quotes matter here, block comments are not used.
std::string blank_comments_and_strings(const std::string& text) {
    std::string code = text;
    char quote = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
        if (quote != 0) {
            if (code[at] == '\\') {
                code[at++] = ' ';
            } else if (code[at] == quote) {
                quote = 0;
            }
            if (at < code.size() && quote != 0) {
                code[at] = ' ';
            }
        } else if (code[at] == '/' && at + 1 < code.size() && code[at + 1] == '/') {
            code.resize(at);
        } else if (
            code[at] == '"' ||
            (code[at] == '\'' && (at == 0 || std::isalnum(static_cast<unsigned char>(code[at - 1])) == 0))) {
            quote = code[at];
        }
    }
    return code;
}

}  // namespace

std::string root() {
    return AUTOSIGNIN_SOURCE_DIR;
}

std::string read(const std::string& path) {
    std::ifstream file{root() + "/" + path};
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<File> sources(const std::vector<std::string>& folders) {
    std::vector<File> files;
    for (const std::string& folder : folders) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{root() + "/" + folder}) {
            const std::string name = entry.path().filename();
            if (!entry.is_regular_file() || !(name.ends_with(".hpp") || name.ends_with(".cpp"))) {
                continue;
            }
            File file{std::filesystem::relative(entry.path(), root()), {}};
            std::istringstream text{read(file.path)};
            for (std::string line; std::getline(text, line);) {
                file.lines.push_back({file.lines.size() + 1, line, blank_comments_and_strings(line)});
            }
            files.push_back(std::move(file));
        }
    }
    std::sort(files.begin(), files.end(), [](const File& left, const File& right) {
        return left.path < right.path;
    });
    return files;
}

std::string included(const Line& line) {
    if (!line.text.starts_with("#include ")) {
        return {};
    }
    const std::string what = line.text.substr(9);
    if (what.starts_with('<')) {
        return what.substr(0, what.find('>') + 1);
    }
    return what.substr(1, what.rfind('"') - 1);
}

}  // namespace tree
