#include <doctest/doctest.h>

#include "tests/unit/config/temporary_folder.hpp"
#include "worker/app/config/load.hpp"

namespace {

struct Fixture {
    test::TemporaryFolder folder;
    std::string text;

    explicit Fixture(const std::string& more = "") {
        const std::string key = folder.write("key.p8", test::pem_key());
        text =
            "kafka: {bootstrap_servers: 'localhost:9092', topics: [a, b], properties: {client.rack: one}}\n"
            "apps:\n"
            "  - {name: tv, bundle_id: b, issuer_id: i, keys: [{id: K1, file: " +
            key + "}]}\n" + more;
    }
    [[nodiscard]] app::Loaded load(const app::Environment& environment) const {
        return app::load_text(text, "worker.yaml", environment);
    }
};

}  // namespace

TEST_CASE("the environment overrides every shape of key") {
    const Fixture fixture;
    const app::Loaded loaded = fixture.load({
        {"AUTOSIGNIN_DRAIN_TIMEOUT", "45s"},
        {"AUTOSIGNIN_APPLE__RETRY__BASE", "5ms"},
        {"AUTOSIGNIN_KAFKA__TOPICS", "c,d,e"},
        {"AUTOSIGNIN_KAFKA__TOPICS__1", "x"},
        {"AUTOSIGNIN_KAFKA__PROPERTIES", "security.protocol=SSL;client.rack=two"},
        {"AUTOSIGNIN_APPS__0__ENVIRONMENT", "sandbox"},
        {"AUTOSIGNIN_APPS__1__NAME", "radio"},
        {"AUTOSIGNIN_APPS__1__BUNDLE_ID", "r"},
        {"AUTOSIGNIN_APPS__1__ISSUER_ID", "i"},
        {"AUTOSIGNIN_APPS__1__KEYS__0__ID", "K2"},
        {"AUTOSIGNIN_APPS__1__KEYS__0__FILE", fixture.folder.path() + "/key.p8"},
    });
    REQUIRE_MESSAGE(loaded.config.has_value(), app::render(loaded.report));
    const app::Config& config = *loaded.config;
    CHECK(config.drain_timeout == std::chrono::seconds{45});
    CHECK(config.apple.retry.base == std::chrono::milliseconds{5});
    CHECK(config.kafka.topics == std::vector<std::string>{"c", "x", "e"});
    CHECK(
        config.kafka.properties ==
        std::map<std::string, std::string>{{"client.rack", "two"}, {"security.protocol", "SSL"}});
    REQUIRE(config.apps.size() == 2);
    CHECK(config.apps[0].base_url == "https://api.storekit-sandbox.itunes.apple.com");
    CHECK(config.apps[1].base_url == "https://api.storekit.itunes.apple.com");
}

TEST_CASE("a variable that names no key is a problem, unless it cannot be ours") {
    struct Row {
        const char* because;
        const char* variable;
        const char* want;
    };
    const Row rows[] = {
        {"Kubernetes makes variables for a service of that name", "AUTOSIGNIN_WORKER_SERVICE_HOST", ""},
        {"other prefixes are not ours", "AUTOSIGN__X", ""},
        {"a misspelt level", "AUTOSIGNIN_APPLE__IN_FLIGHT",
         "AUTOSIGNIN_APPLE__IN_FLIGHT: error: this variable names no key\n"
         "    expected a key of the reference (autosignin-worker config-reference)\n"
         "    try      AUTOSIGNIN_APPLE__IN_FLIGHT_MAX\n"},
        {"a misspelt single level", "AUTOSIGNIN_DRAIN_TIMEOUTS",
         "AUTOSIGNIN_DRAIN_TIMEOUTS: error: this variable names no key\n"
         "    expected a key of the reference (autosignin-worker config-reference)\n"
         "    try      AUTOSIGNIN_DRAIN_TIMEOUT\n"},
        {"a list without its index", "AUTOSIGNIN_APPS__NAME",
         "AUTOSIGNIN_APPS__NAME: error: this variable names no key\n"
         "    expected an index from 0 to 999 after the list's name\n"},
        {"an index with a gap", "AUTOSIGNIN_APPS__7__NAME",
         "AUTOSIGNIN_APPS__7__NAME: apps[7]: error: the list has only 1 items\n"
         "    expected items without a gap, counted from 0\n"
         "    try      AUTOSIGNIN_APPS__1\n"},
        {"a property by its own variable", "AUTOSIGNIN_KAFKA__PROPERTIES__CLIENT_RACK",
         "AUTOSIGNIN_KAFKA__PROPERTIES__CLIENT_RACK: error: this variable names no key\n"
         "    expected all entries in one variable: name=value;name=value\n"},
        {"an entry without a name", "AUTOSIGNIN_KAFKA__PROPERTIES",
         "AUTOSIGNIN_KAFKA__PROPERTIES: kafka.properties: error: an entry is not name=value\n"
         "    expected name=value, separated by ;\n"
         "    try      AUTOSIGNIN_KAFKA__PROPERTIES=name=SASL_SSL\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const std::string want = *row.want == '\0'
                                         ? "no problems; the worker would start\n"
                                         : std::string{row.want} + "1 error; the worker would not start\n";
            CHECK(app::render(Fixture{}.load({{row.variable, "v"}}).report) == want);
        }
    }
}

TEST_CASE("a variable repairs what is wrong in the file") {
    const Fixture fixture{"log: {level: loud}\n"};
    CHECK_FALSE(fixture.load({}).config.has_value());
    CHECK(fixture.load({{"AUTOSIGNIN_LOG__LEVEL", "debug"}}).config.has_value());
}
