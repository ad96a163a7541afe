// Apple revokes the app's key while the worker runs; the new one arrives as Kubernetes delivers it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>

#include "tests/integration/cli_scene.hpp"

namespace {

using cli::Scene;
using lane::WorkerProcess;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A secret volume: app.p8 -> ..data/app.p8, and ..data -> a folder of this version, swapped by a rename.
void mount(const fs::path& volume, const std::string& version, const std::string& key) {
    const fs::path folder = volume / (".." + version);
    fs::create_directories(folder);
    REQUIRE(dev::write_private_file(folder / "app.p8", key));
    fs::create_symlink(folder.filename(), volume / "..data_tmp");
    fs::rename(volume / "..data_tmp", volume / "..data");
    if (!fs::exists(volume / "app.p8")) {
        fs::create_symlink("..data/app.p8", volume / "app.p8");
    }
}

}  // namespace

TEST_CASE("cli: a key that Apple refuses holds commands until the new one is there; nothing is given up") {
    Scene scene;
    const fs::path volume = scene.path("secret");
    mount(volume, "v1", scene.key());
    constexpr int accounts = 50;
    std::vector<core::Record> records;
    for (int account = 0; account < accounts; ++account) {
        records.push_back(
            Scene::deletion(fmt::format("account-{}", account), fmt::format("tkn~{}", account)));
        scene.apple().with_apple([&](sim::Apple& apple, common::Now) {
            apple.store().put(cli::shop, fmt::format("account-{}", account), fmt::format("tkn~{}", account));
        });
    }
    scene.apple().with_tokens([](dev::Es256Tokens& tokens) { tokens.revoke_key(Scene::key_id); });
    WorkerProcess worker = scene.start(
        {{"apps.app", fmt::format(
                          "{{name: tv, bundle_id: {}, issuer_id: 57246542-96fe-1a63-e053-0824d011072a, "
                          "keys: [{{id: {}, file: secret/app.p8}}]}}",
                          cli::shop.bundle_id, Scene::key_id)},
         {"apple.attempts_max", "3"}});
    scene.produce(records);
    // Held through many refusals, more than a command has attempts.
    worker.await([&] { return scene.ledger().size() >= 12; }, 60s, "the gate does not probe");
    CHECK(worker.get("/metrics").body.find("autosignin_gate_state{") != std::string::npos);
    CHECK(worker.metric("autosignin_receipts_total") == 0);
    CHECK(worker.metric("autosignin_lanes_open") == accounts);

    const auto fresh = dev::new_app_key();
    REQUIRE(fresh);
    scene.apple().with_tokens(
        [&](dev::Es256Tokens& tokens) { REQUIRE(tokens.add_key(Scene::key_id, *fresh)); });
    mount(volume, "v2", *fresh);
    worker.await(
        [&] { return worker.metric("autosignin_receipts_total") == accounts; }, 60s,
        "the new key did not help");
    scene.apple().with_apple([&](sim::Apple& apple, common::Now) {
        for (int account = 0; account < accounts; ++account) {
            CHECK_FALSE(apple.store().stored(cli::shop, fmt::format("tkn~{}", account)));
        }
    });
    for (const char* reason : {"invalid", "rejected", "exhausted"}) {
        CHECK(worker.metric(fmt::format("autosignin_dead_letters_total{{reason=\"{}\"}}", reason)) == 0);
    }
    CHECK(worker.stop() == 0);
}
