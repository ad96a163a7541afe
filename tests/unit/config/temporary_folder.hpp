// A folder of its own for a test, gone afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace test {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "autosignin-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"no temporary folder could be made"};
        }
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    // Writes a file that only its owner can read; its path.
    std::string write(const std::string& name, const std::string& content) const {
        const std::string path = path_ + "/" + name;
        std::ofstream{path, std::ios::binary} << content;
        std::filesystem::permissions(path, std::filesystem::perms{0600});
        return path;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

// A fresh P-256 key as Apple hands them out.
[[nodiscard]] const std::string& pem_key();

// A certificate signed by itself.
[[nodiscard]] const std::string& pem_certificate();

}  // namespace test
