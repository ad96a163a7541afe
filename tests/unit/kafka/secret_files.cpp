#include "worker/adapters/kafka/secret_files.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path = fs::temp_directory_path() / ("autosignin-secret-files-" + std::to_string(getpid()));
    Folder() { fs::create_directory(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
    [[nodiscard]] std::string file(std::string_view name) const { return path / name; }
};

void write(const std::string& path, std::string_view content) {
    std::ofstream{path} << content;
}

}  // namespace

TEST_CASE("secret files: what changed is told once, with its key and content") {
    const Folder folder;
    const std::string password = folder.file("password");
    const std::string ca = folder.file("ca.pem");
    write(password, "old\n");
    write(ca, "certificate");
    kafka::SecretFiles files{
        {{"sasl.password.file", password}, {"ssl.ca.location", ca}, {"client.id", "worker"}}};
    CHECK(files.look().empty());

    write(password, "new\n");
    const auto changes = files.look();
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].key == "sasl.password");
    CHECK(changes[0].path == password);
    CHECK(changes[0].content.expose() == "new");
    CHECK(files.look().empty());

    write(ca, "another");
    const auto other = files.look();
    REQUIRE(other.size() == 1);
    CHECK(other[0].key == "ssl.ca.location");
}

TEST_CASE("secret files: the same content in another file is no change") {
    const Folder folder;
    const std::string password = folder.file("password");
    write(folder.file("first"), "same");
    write(folder.file("second"), "same\n");
    fs::create_symlink(folder.file("first"), password);
    kafka::SecretFiles files{{{"sasl.password.file", password}}};
    fs::remove(password);
    fs::create_symlink(folder.file("second"), password);
    CHECK(files.look().empty());
}

TEST_CASE("secret files: a file that is gone or empty is being replaced") {
    const Folder folder;
    const std::string password = folder.file("password");
    write(password, "old");
    kafka::SecretFiles files{{{"sasl.password.file", password}, {"ssl.ca.location", folder.path}}};
    fs::remove(password);
    CHECK(files.look().empty());
    write(password, "");
    CHECK(files.look().empty());
    write(password, "new");
    CHECK(files.look().size() == 1);
}
