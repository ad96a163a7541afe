// Whether a file of CA certificates can be used, for a configuration check. Both transports load the file
// with the same function of OpenSSL, so what is found here is what would stop the worker's start.
#pragma once

#include <optional>
#include <string>

namespace auth {

// What is wrong with the file, with its path; none when every certificate in it can be loaded.
[[nodiscard]] std::optional<std::string> ca_file_problem(const std::string& path);

}  // namespace auth
