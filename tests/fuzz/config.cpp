// The configuration file. The environment holds passwords, which no message may repeat.
#include <string>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "worker/app/config/load.hpp"

namespace {

constexpr std::string_view secret = "hunter2-f1d0";

const app::Environment& environment() {
    static const std::string word{secret};
    static const app::Environment environment{
        {"AUTOSIGNIN_KAFKA__PROPERTIES", "sasl.password=" + word + ";ssl.key.password=" + word},
        {"AUTOSIGNIN_APPLE__PROXY", "http://user:" + word + "@proxy.test:3128"}};
    return environment;
}

void check(const app::Loaded& loaded, bool secret_is_hidden) {
    INVARIANT(loaded.config.has_value() == loaded.report.ok(), "a configuration, or errors that say why not");
    const std::string text = app::render(loaded.report);
    INVARIANT(!secret_is_hidden || text.find(secret) == std::string::npos, "no message holds a password");
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        INVARIANT(byte >= 0x20 || letter == '\n', "messages do not reprogram the terminal");
    }
    if (loaded.config) {
        INVARIANT(!app::endpoints(*loaded.config).empty(), "there is somebody to tell");
        static_cast<void>(app::to_settings(*loaded.config));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text{fuzz::Bytes{bytes, size}.rest()};
    // The fuzzer sees what it is compared with, and writes it where it is no password: into a key's name.
    const bool secret_is_hidden = text.find(secret) == std::string::npos;
    check(app::load_text(text, "worker.yaml", {}), secret_is_hidden);
    check(app::load_text(text, "worker.yaml", environment()), secret_is_hidden);
    return 0;
}
