#include "worker/app/sign_in_with_apple/files.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

using app::identity::PrivateFile;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "autosignin-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
    }
    fs::path path;
};

std::string text_of(const fs::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("an answer replaces a file as a whole, for its owner alone, and without one nothing changes") {
    const Folder folder;
    const std::string path = folder.path / "tokens";
    std::ofstream{path} << "old";
    REQUIRE(PrivateFile::open(path));
    CHECK(text_of(path) == "old");
    CHECK(folder.entries() == 1);
    const auto file = PrivateFile::open(path);
    REQUIRE(file);
    CHECK_FALSE((*file)->keep(common::Secret{std::string{"new"}}));
    CHECK(text_of(path) == "new");
    struct stat there {};
    REQUIRE(::stat(path.c_str(), &there) == 0);
    CHECK((there.st_mode & 0777U) == 0600);
}

// A code works once: it was spent, and the tokens were lost, because a folder was named.
TEST_CASE("a folder is no file to write to, and is told before Apple is asked") {
    const Folder folder;
    const auto file = PrivateFile::open(folder.path);
    REQUIRE_FALSE(file);
    CHECK(file.error().message.starts_with(
        folder.path.string() + ": cannot be written: it exists and is no plain file"));
}

TEST_CASE("what cannot be put in its place is left beside it, and the error says where") {
    const Folder folder;
    const fs::path path = folder.path / "tokens";
    const auto file = PrivateFile::open(path);
    REQUIRE(file);
    fs::create_directories(path);
    const auto error = (*file)->keep(common::Secret{std::string{"once"}});
    REQUIRE(error);
    const std::size_t at = error->message.rfind(' ') + 1;
    CHECK(text_of(error->message.substr(at)) == "once");
}
