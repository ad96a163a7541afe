#include "worker/app/config/load.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "worker/app/config/fill.hpp"
#include "worker/app/config/rules.hpp"

namespace app {

namespace {

constexpr std::size_t file_bytes_max = 1U << 20U;

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/') + 1);
}

// The text, or none with a line in the report.
std::optional<std::string> read_file(const std::string& path, Report& report) {
    const auto unusable = [&](std::string problem, std::string remedy) {
        report.add({Gravity::error, {}, "", std::move(problem), "a YAML file", std::move(remedy)});
        return std::nullopt;
    };
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return unusable(
            errno == ENOENT ? "there is no such file" : std::strerror(errno),
            "--config FILE, or start from worker/worker.example.yaml");
    }
    if (S_ISDIR(status.st_mode)) {
        return unusable("this is a folder", "the file in it");
    }
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return unusable(errno == EACCES ? "no permission to read it" : std::strerror(errno), "");
    }
    std::string text(file_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > file_bytes_max) {
        return unusable("it is larger than 1 MiB, so it is hardly a configuration", "the right file");
    }
    return text;
}

}  // namespace

Loaded load(const std::string& path, const Environment& environment, NamedFiles files) {
    Report report{path};
    const std::optional<std::string> text = read_file(path, report);
    if (!text) {
        return {std::nullopt, std::move(report)};
    }
    return load_text(*text, path, environment, files);
}

Loaded load_text(
    const std::string& text, const std::string& path, const Environment& environment, NamedFiles files) {
    Loaded loaded{std::nullopt, Report{path}};
    Values values = read_document(text, loaded.report);
    if (values.places.empty()) {
        return loaded;  // not even a document: nothing more can be said
    }
    overlay_environment(environment, values, loaded.report);
    const Checked checked{values, loaded.report};
    Config config = fill(checked, folder_of(path));
    check_rules(config, checked, loaded.report);
    check_files(config, checked, files, loaded.report);
    if (loaded.report.ok()) {
        loaded.config = std::move(config);
    }
    return loaded;
}

}  // namespace app
