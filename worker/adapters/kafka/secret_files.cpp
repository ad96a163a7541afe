#include "worker/adapters/kafka/secret_files.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace kafka {
namespace {

bool names_a_file(std::string_view key) {
    return key.starts_with("ssl.") && key.ends_with(".location");
}

}  // namespace

SecretFiles::SecretFiles(const Properties& properties) {
    for (const auto& [key, value] : properties) {
        if (const auto secret = secret_of(key)) {
            files_.push_back({*secret, value});
        } else if (names_a_file(key)) {
            files_.push_back({key, value});
        }
    }
    static_cast<void>(look());
}

std::vector<SecretFiles::Change> SecretFiles::look() {
    std::vector<Change> changes;
    for (File& file : files_) {
        std::optional<std::string> content = read_secret(file.path);
        if (!content || content->empty()) {
            continue;
        }
        const std::size_t hash = std::hash<std::string_view>{}(*content);
        if (std::exchange(file.hash, hash) != hash) {
            changes.push_back({file.key, file.path, common::Secret{std::move(*content)}});
        } else {
            common::wipe(*content);
        }
    }
    return changes;
}

}  // namespace kafka
