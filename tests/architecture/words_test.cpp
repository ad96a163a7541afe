// Words that must not occur in some places.
#include <doctest/doctest.h>

#include <regex>

#include "tests/architecture/tree.hpp"

namespace {

struct Ban {
    std::string because;
    std::vector<std::string> folders;
    const char* pattern;
    std::vector<std::string> except{};
};

}  // namespace

TEST_CASE("banned words") {
    const Ban bans[] = {
        {"time is passed in",
         {"common", "worker/core", "worker/sim"},
         R"(\b(system_clock|steady_clock|high_resolution_clock)::now|\btime\(nullptr\)|\bgettimeofday\b|\bclock_gettime\b)"},
        {"randomness is passed in",
         {"common", "worker/core", "worker/sim"},
         R"(\brandom_device\b|\bs?rand\(|\bmt19937)"},
        {"the environment is the shell's",
         {"common", "worker/core", "worker/sim", "worker/adapters"},
         R"(\bgetenv\b)"},
        {"one thread decides",
         {"common", "worker/core", "worker/sim"},
         R"(\bstd::(jthread|thread|mutex|atomic|async)\b)"},
        {"an unordered container has no order to iterate in; look-ups only, in the files named here",
         {"common", "worker/core", "worker/sim"},
         R"(\bunordered_(map|set|multimap)<)",
         {"worker/core/schedule/lanes.hpp"}},
        {"certificates are always verified", {"worker"}, R"(SSL_VERIFY_NONE)"},
        {"tests wait for conditions, never for time",
         {"tests"},
         R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|[^_]\bsleep\()",
         // These pace a load or look after processes; nothing is asserted after a sleep.
         {"tests/bench/worker_bench.cpp", "tests/simulation/crew.cpp", "tests/soak/soak.cpp"}},
        {"nothing is caught and forgotten", {"common", "worker"}, R"(catch \(\.\.\.\) \{\s*\})"},
    };
    for (const Ban& ban : bans) {
        const std::regex pattern{ban.pattern};
        for (const tree::File& file : tree::sources(ban.folders)) {
            if (std::find(ban.except.begin(), ban.except.end(), file.path) != ban.except.end() ||
                file.path == "tests/architecture/words_test.cpp") {
                continue;
            }
            for (const tree::Line& line : file.lines) {
                CHECK_MESSAGE(
                    !std::regex_search(line.code, pattern),
                    file.path << ":" << line.number << ": " << ban.because << ": " << line.text);
            }
        }
    }
}

TEST_CASE("a library's types appear in its own folder's headers only") {
    struct Library {
        const char* pattern;
        std::vector<std::string> homes;
    };
    const Library libraries[] = {
        {R"(\brd_kafka_)", {"worker/adapters/kafka", "worker/dev"}},
        {R"(\bCURL[MU]?\b|\bcurl_)", {"worker/adapters/http1"}},
        {R"(\bnghttp2_)", {"worker/adapters/http2", "worker/dev"}},
        {R"(\b(SSL|SSL_CTX|EVP_PKEY|BIO)\b)",
         {"worker/adapters/http2", "worker/adapters/auth", "worker/dev"}},
        {R"(\bprometheus::)", {"worker/adapters/metrics"}},
        {R"(\bhttplib::)", {"worker/adapters/admin"}},
        {R"(\bspdlog::)", {"worker/adapters/log"}},
        {R"(\bYAML::)", {"worker/app/config"}},
    };
    for (const Library& library : libraries) {
        const std::regex pattern{library.pattern};
        for (const tree::File& file : tree::sources({"common", "worker"})) {
            const bool home = std::any_of(
                library.homes.begin(), library.homes.end(),
                [&](const std::string& folder) { return file.under(folder); });
            if (!file.is_header() || home) {
                continue;
            }
            for (const tree::Line& line : file.lines) {
                CHECK_MESSAGE(
                    !std::regex_search(line.code, pattern),
                    file.path << ":" << line.number
                              << ": a library's type outside its adapter: " << line.text);
            }
        }
    }
}
