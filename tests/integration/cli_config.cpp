// What an operator gets to see for each mistake in the configuration: the place, the rule, what to do, and
// the exit code.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/integration/cli_scene.hpp"

namespace {

using cli::Edits;
using cli::Ended;
using cli::Scene;

bool says(const Ended& ended, const std::string& text) {
    return ended.output.find(text) != std::string::npos;
}

void write_rsa_key(const std::string& file) {
    EVP_PKEY* const key = EVP_RSA_gen(2048);
    REQUIRE(key != nullptr);
    FILE* const stream = fopen(file.c_str(), "w");
    REQUIRE(stream != nullptr);
    CHECK(PEM_write_PKCS8PrivateKey(stream, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    fclose(stream);
    EVP_PKEY_free(key);
    REQUIRE(chmod(file.c_str(), 0400) == 0);
}

std::string app_with_key(const std::string& file) {
    return fmt::format(
        "{{name: tv, bundle_id: com.example.tv, issuer_id: 57246542-96fe-1a63-e053-0824d011072a, "
        "keys: [{{id: CLIKEY0001, file: {}}}]}}",
        file);
}

}  // namespace

TEST_CASE("cli: each mistake in the configuration is told with its place and what to do, exit code 3") {
    Scene scene;
    write_rsa_key(scene.path("rsa.p8"));
    REQUIRE(dev::write_private_file(scene.path("words.p8"), "not a key\n"));
    REQUIRE(dev::write_private_file(scene.path("empty.p8"), ""));
    REQUIRE(mkdir(scene.path("folder.p8").c_str(), 0700) == 0);
    struct Row {
        const char* because;
        Edits edits;
        std::vector<std::string> says;
    };
    const Row rows[] = {
        {"an unknown key", {{"apple.in_fligt_max", "3"}}, {"apple.in_fligt_max", "try", "in_flight_max"}},
        {"a number out of range", {{"apple.in_flight_max", "0"}}, {"apple.in_flight_max", "from 1 to"}},
        {"no key file",
         {{"apps.app", app_with_key("missing.p8")}},
         {"keys[0].file", "there is no such file"}},
        {"a folder as key file",
         {{"apps.app", app_with_key("folder.p8")}},
         {"keys[0].file", "is not a file"}},
        {"no key in the key file",
         {{"apps.app", app_with_key("words.p8")}},
         {"keys[0].file", "something else"}},
        {"an empty key file", {{"apps.app", app_with_key("empty.p8")}}, {"keys[0].file", "is empty"}},
        {"an RSA key", {{"apps.app", app_with_key("rsa.p8")}}, {"keys[0].file", "ES256 needs an EC key"}},
        {"no CA in the CA file", {{"apple.ca_file", "words.p8"}}, {"apple.ca_file", "BEGIN CERTIFICATE"}},
        {"a property that breaks a promise",
         {{"kafka.properties", "{enable.auto.commit: \"true\"}"}},
         {"enable.auto.commit"}},
        {"a proxy that is none",
         {{"apple.proxy", "proxy.internal"}, {"apple.transport", "http1"}},
         {"apple.proxy", "http://host:port"}},
        {"a proxy's port that is none",
         {{"apple.proxy", "http://proxy:99999"}, {"apple.transport", "http1"}},
         {"apple.proxy", "http://host:port"}},
        {"a proxy that HTTP/2 cannot use", {{"apple.proxy", "http://proxy:3128"}}, {"apple.proxy", "http1"}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const std::string file = scene.write_config(row.edits);
            for (const char* command : {"check-config", "run"}) {
                const Ended ended = cli::run({command, "--config", file});
                CAPTURE(ended.output);
                CHECK(ended.code == 3);
                CHECK(says(ended, "worker.yaml:"));  // file:line:column
                CHECK(says(ended, "1 error; the worker would not start"));
                for (const std::string& text : row.says) {
                    CHECK(says(ended, text));
                }
            }
        }
    }
}

TEST_CASE("cli: a key file without permission is told") {
    if (geteuid() == 0) {
        MESSAGE("root may read everything, so this is for other users");
        return;
    }
    Scene scene;
    REQUIRE(chmod(scene.path("app.p8").c_str(), 0) == 0);
    const Ended ended = cli::run({"check-config", "--config", scene.write_config()});
    CHECK(ended.code == 3);
    CHECK(says(ended, "no permission to read it"));
}

TEST_CASE("cli: broken YAML is told with line and column") {
    const Scene scene;
    const std::string file = scene.path("worker.yaml");
    std::ofstream{file} << "kafka:\n  topics: [events\napple: {\n";
    const Ended ended = cli::run({"check-config", "--config", file});
    CAPTURE(ended.output);
    CHECK(ended.code == 3);
    CHECK(says(ended, "worker.yaml:"));
    CHECK(says(ended, "error:"));
}

TEST_CASE("cli: a file that is not there, a good one, and a good one with a bad variable") {
    Scene scene;
    const std::string file = scene.write_config();
    std::ofstream{scene.path("elsewhere.yaml")}
        << "kafka: {bootstrap_servers: 'kafka:9092', topics: [events]}\napps: [" << app_with_key("missing.p8")
        << "]\n";
    struct Row {
        const char* because;
        std::vector<std::string> arguments;
        std::vector<std::string> environment;
        int code;
        std::string says;
    };
    const Row rows[] = {
        {"not there", {"run", "--config", scene.path("none.yaml")}, {}, 3, "there is no such file"},
        {"good", {"check-config", "--config", file}, {}, 0, ""},
        {"its secrets are elsewhere, and only here nobody looks at them",
         {"check-config", "--config", scene.path("elsewhere.yaml"), "--skip-files"},
         {},
         0,
         "missing.p8' was not looked at"},
        {"whoever runs needs them", {"run", "--config", file, "--skip-files"}, {}, 2, "--skip-files"},
        {"named by a variable", {"check-config"}, {"AUTOSIGNIN_CONFIG=" + file}, 0, ""},
        {"a variable wins over the file, also when it is wrong",
         {"check-config", "--config", file},
         {"AUTOSIGNIN_APPLE__IN_FLIGHT_MAX=none"},
         3,
         "AUTOSIGNIN_APPLE__IN_FLIGHT_MAX: apple.in_flight_max: error"},
        {"a variable of no key",
         {"check-config", "--config", file},
         {"AUTOSIGNIN_APPLE__IN_FLIHGT_MAX=1"},
         3,
         "AUTOSIGNIN_APPLE__IN_FLIHGT_MAX"},
        {"no subcommand", {}, {}, 2, "subcommand"},
        {"a subcommand that is none", {"bogus"}, {}, 2, "'bogus'"},
        {"no file", {"run"}, {}, 2, "--config"},
        {"an option that is none", {"run", "--config", file, "--fast"}, {}, 2, "--fast"},
        {"help", {"--help"}, {}, 0, "Exit codes:"},
        {"help of a subcommand", {"run", "--help"}, {}, 0, "The second signal stops at once"},
        {"version", {"version"}, {}, 0, "autosignin-worker "},
        {"a schema", {"schema", "account.deleted.v1"}, {}, 0, "draft-07"},
        {"a schema that is none", {"schema", "account.born.v1"}, {}, 2, "schema` lists them"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Ended ended = cli::run(row.arguments, row.environment);
            CAPTURE(ended.output);
            CHECK(ended.code == row.code);
            CHECK(says(ended, row.says));
        }
    }
}

TEST_CASE("cli: all mistakes are told at once") {
    Scene scene;
    const std::string file = scene.write_config(
        {{"apple.in_flight_max", "0"},
         {"apple.request_timeout", "soon"},
         {"apps.app", app_with_key("missing.p8")},
         {"kafka.topics", "[]"},
         {"log.level", "loud"}});
    const Ended ended = cli::run({"check-config", "--config", file});
    CAPTURE(ended.output);
    CHECK(ended.code == 3);
    CHECK(says(ended, "5 errors"));
    for (const char* key :
         {"apple.in_flight_max", "apple.request_timeout", "keys[0].file", "kafka.topics", "log.level"}) {
        CHECK(says(ended, std::string{key} + ": error"));
    }
}
