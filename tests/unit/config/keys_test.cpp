// The table of keys against itself, against the engine's own defaults, and against the example file.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/config/temporary_folder.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/config/scalar.hpp"
#include "worker/app/config/schema.hpp"

TEST_CASE("every key has a sentence, an example that passes and a default that passes") {
    std::set<std::string_view> paths;
    for (const app::Key& key : app::keys()) {
        SUBCASE(std::string{key.path}.c_str()) {
            CHECK(paths.insert(key.path).second);
            CHECK(key.help.ends_with('.'));
            CHECK_FALSE(key.example.empty());
            CHECK(app::parse(key, key.example));
            CHECK((!key.standard || app::parse(key, *key.standard)));
            CHECK((key.low.empty() || app::parse(key, key.low)));
            CHECK((key.kind == app::Kind::text || key.high.empty() || app::parse(key, key.high)));
        }
    }
}

TEST_CASE("no two keys share an environment variable") {
    std::set<std::string> names;
    for (const app::Key& key : app::keys()) {
        CHECK_MESSAGE(names.insert(app::variable_name(key.path)).second, std::string{key.path});
    }
    CHECK(app::variable_name("apps[].keys[].file") == "AUTOSIGNIN_APPS__N__KEYS__N__FILE");
    CHECK(app::variable_name("apps[2].keys[0].file") == "AUTOSIGNIN_APPS__2__KEYS__0__FILE");
}

TEST_CASE("the reference and the example file know every key") {
    const std::string reference = app::reference();
    std::ifstream file{AUTOSIGNIN_SOURCE_DIR "/worker/worker.example.yaml"};
    std::stringstream example;
    example << file.rdbuf();
    for (const app::Key& key : app::keys()) {
        const std::string path{key.path};
        CAPTURE(path);
        CHECK(reference.find("| `" + path + "` |") != std::string::npos);
        std::string_view name = key.path.substr(0, key.path.find("[]", key.path.rfind('.')));
        name = name.ends_with(".*") ? name.substr(0, name.size() - 2) : name;
        const bool shown = example.str().find(std::string{app::leaf_name(name)} + ":") != std::string::npos;
        CHECK((shown || path == "apps[].base_url"));
    }
}

TEST_CASE("defaults are those of the engine") {
    const test::TemporaryFolder folder;
    const std::string key = folder.write("key.p8", test::pem_key());
    const app::Loaded loaded = app::load_text(
        "kafka: {bootstrap_servers: b, topics: [t]}\n"
        "apps: [{name: a, bundle_id: b, issuer_id: i, keys: [{id: k, file: " +
            key + "}]}]\n",
        "worker.yaml", {});
    REQUIRE(loaded.config.has_value());
    const core::Settings ours = app::to_settings(*loaded.config);
    const core::Settings engine;
    CHECK(ours.dead_letter_topic == engine.dead_letter_topic);
    CHECK(ours.in_flight_max == engine.in_flight_max);
    CHECK(ours.records_buffered_max == engine.records_buffered_max);
    CHECK(ours.bytes_buffered_max == engine.bytes_buffered_max);
    CHECK(ours.span_max == engine.span_max);
    CHECK(ours.stores_in_flight_max == engine.stores_in_flight_max);
    CHECK(ours.request_timeout == engine.request_timeout);
    CHECK(ours.attempts_max == engine.attempts_max);
    CHECK(ours.age_max == engine.age_max);
    CHECK(ours.exhausted_per_minute_max == engine.exhausted_per_minute_max);
    CHECK(ours.rejected_per_minute_max == engine.rejected_per_minute_max);
    CHECK(ours.retry.base == engine.retry.base);
    CHECK(ours.retry.longest == engine.retry.longest);
    CHECK(ours.breaker.failures == engine.breaker.failures);
    CHECK(ours.breaker.window == engine.breaker.window);
    CHECK(ours.breaker.probe.base == engine.breaker.probe.base);
    CHECK(ours.breaker.probe.longest == engine.breaker.probe.longest);
    CHECK(ours.breaker.canary == engine.breaker.canary);
    CHECK(ours.commit_interval == engine.commit_interval);
    CHECK(ours.commit_completions == engine.commit_completions);
    CHECK(ours.drain_timeout == engine.drain_timeout);
    CHECK(ours.standstill_after == engine.standstill_after);
    CHECK(ours.credentials.at(0).requests_per_second == core::CredentialSettings{}.requests_per_second);
    CHECK(ours.endpoints.at(0).name == "api.storekit.itunes.apple.com");
    CHECK(ours.receipts_topic == "autosignin-receipts");
}

TEST_CASE("apps share an endpoint when they share a host") {
    app::Config config;
    config.apps.resize(3);
    config.apps[0].base_url = "https://one";
    config.apps[1].base_url = "https://two:8443";
    config.apps[2].base_url = "https://one";
    for (std::size_t i = 0; i < 3; ++i) {
        config.apps[i].name = std::to_string(i);
    }
    const core::Settings settings = app::to_settings(config);
    REQUIRE(settings.endpoints.size() == 2);
    CHECK(settings.endpoints[1].name == "two:8443");
    CHECK(settings.credentials[0].endpoint == settings.credentials[2].endpoint);
    CHECK(settings.credentials[1].endpoint.value == 1);
    CHECK(settings.rules.apps.at("2") == core::AppId{2});
}

TEST_CASE("edit distance counts insertions, deletions and replacements") {
    CHECK(app::edit_distance("", "abc") == 3);
    CHECK(app::edit_distance("topic", "topics") == 1);
    CHECK(app::edit_distance("kitten", "sitting") == 3);
}
