// A .p8 file that may be replaced while the worker runs.
//
// Kubernetes swaps the target of a symbolic link (`..data`) when a secret changes, so what is watched is the
// file at the end of the path: its device, inode, size and times. A file that turned bad keeps the last good
// key.
//
// Threads: one thread. Never blocks longer than a small local read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/secret.hpp"
#include "worker/adapters/auth/es256.hpp"

namespace auth {

// One version of a file: any change of its content or of what the path leads to gives another stamp.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

inline constexpr std::size_t secret_file_bytes_max = 16U << 10U;

struct FileContent {
    common::Secret text;
    FileStamp stamp;
    unsigned mode = 0;  // permission bits
};
// A small secret file, whole. The error names the path, the problem and the remedy.
[[nodiscard]] common::Result<FileContent> read_secret_file(const std::string& path);

// What a person should know about the file's permission bits; none when they are tight enough.
[[nodiscard]] std::optional<std::string> permission_warning(const std::string& path, unsigned mode);

class KeyFile {
public:
    // Reads nothing yet. `which_key` as for SigningKey::from_pem().
    KeyFile(std::string path, std::string_view which_key) : path_{std::move(path)}, which_key_{which_key} {}

    enum class Check : std::uint8_t {
        unchanged,
        loaded,    // for the first time or again; key() is the new one
        unusable,  // problem() says why; key() is still the last good one, if there ever was one
    };
    // Looks at the file and reads it when it is another than before or was unusable.
    [[nodiscard]] Check check();

    [[nodiscard]] const std::optional<SigningKey>& key() const noexcept { return key_; }
    // Whether the last look found a key; key() may be one from before.
    [[nodiscard]] bool usable() const noexcept { return loaded_.has_value(); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    // About the version that was loaded last.
    [[nodiscard]] const std::optional<std::string>& warning() const noexcept { return warning_; }

private:
    std::string path_;
    std::string_view which_key_;
    std::optional<SigningKey> key_;
    std::optional<FileStamp> loaded_;  // none: never, or unusable since
    std::string problem_;
    std::optional<std::string> warning_;
};

}  // namespace auth
