#include "tests/kafka/traces.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/kafka/account_history.hpp"

namespace lane {

void Traces::forbid_key(std::string_view pem) {
    std::istringstream lines{std::string{pem}};
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.find("-----") == std::string::npos) {
            key_lines_.push_back(line);
        }
    }
}

void Traces::look_at(std::string_view place, std::string_view text) {
    const auto look_for = [&](std::string_view what, std::string_view secret) {
        const std::size_t at = text.find(secret);
        if (at != std::string_view::npos) {
            const std::size_t from = at < 80 ? 0 : at - 80;
            found_ += fmt::format("{} in {}: …{}…\n", what, place, text.substr(from, at - from));
        }
    };
    look_for("a token value", value_mark);
    look_for("a JWT", "eyJ");  // base64url of {"
    look_for("a key", "PRIVATE KEY");
    for (const std::string& line : key_lines_) {
        look_for("a key", line);
    }
}

void Traces::look_at_process(int pid) {
    for (const char* name : {"cmdline", "environ"}) {
        const std::string place = fmt::format("/proc/{}/{}", pid, name);
        std::ifstream file{place, std::ios::binary};
        look_at(place, std::string{std::istreambuf_iterator<char>{file}, {}});
    }
}

}  // namespace lane
