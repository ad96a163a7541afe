#include "tests/support/examples.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace tests {
namespace {

std::vector<Example> read(const std::string& folder) {
    std::vector<Example> examples;
    const std::filesystem::path path = AUTOSIGNIN_SOURCE_DIR "/schemas/examples/" + folder;
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
        if (entry.path().extension() != ".json") {
            continue;
        }
        std::ifstream file{entry.path(), std::ios::binary};
        examples.push_back(
            {entry.path().stem().string(),
             {},
             std::string{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}}});
    }
    std::sort(
        examples.begin(), examples.end(), [](const Example& a, const Example& b) { return a.name < b.name; });
    return examples;
}

}  // namespace

std::vector<Example> valid_examples() {
    return read("valid");
}

std::vector<Example> invalid_examples() {
    auto examples = read("invalid");
    for (Example& example : examples) {
        example.code = example.name.substr(0, example.name.find("--"));
    }
    return examples;
}

core::DecodeRules example_rules() {
    return {
        .apps = {{"streaming", core::AppId{0}}},
        .type_aliases = {},
        .clients = {{"com.example.tv", core::CredentialId{1}}, {"com.example.web", core::CredentialId{2}}},
        .keyless = core::CredentialId{3}};
}

core::Record example_record(std::string value) {
    core::Record record;
    record.key = "account-7f3a";
    record.value = std::move(value);
    return record;
}

std::string verdict(const core::Decoded& decoded) {
    const auto* invalid = std::get_if<core::Invalid>(&decoded);
    return invalid == nullptr ? "valid" : std::string{invalid->code};
}

}  // namespace tests
