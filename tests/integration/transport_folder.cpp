#include "tests/integration/transport_folder.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <string>
#include <system_error>

namespace transport_test {

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "transport-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace transport_test
