// The world of the demo on loopback: an embedded broker, the scripted Apple behind TLS, keys, certificates
// and a configuration file for the worker, all in a directory of their own.
//
// Ownership: stops the servers and removes the directory when it dies.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "worker/dev/apple/server.hpp"
#include "worker/dev/embedded_broker.hpp"
#include "worker/sim/people/end_state.hpp"
#include "worker/sim/plan/plan.hpp"

namespace dev {

inline constexpr std::size_t demo_apps = 2;
inline const Topic receipts_topic{"autosignin-receipts", 2};
inline const Topic dead_letter_topic{"account-events.dead-letters", 2};

class Scene {
public:
    [[nodiscard]] static common::Result<std::unique_ptr<Scene>> set(
        const sim::Plan& plan, std::uint64_t seed);
    ~Scene();
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    [[nodiscard]] const std::filesystem::path& config_file() const noexcept { return config_file_; }
    // Where the worker writes its log, so that it does not mix with the progress line.
    [[nodiscard]] std::filesystem::path log_file() const { return directory_ / "worker.log"; }
    [[nodiscard]] const std::filesystem::path& ca_file() const noexcept { return certificates_.ca_file; }
    [[nodiscard]] std::string front_desk_url() const { return apple_->front_desk_url(); }
    [[nodiscard]] const std::string& bootstrap() const noexcept { return broker_.bootstrap(); }

    // Apple misbehaves for the first two thirds of `length`, one thing after the other; see scene.cpp.
    void start_trouble(common::Duration length);
    // A person's phone stores a fresh value.
    void sign_in(const sim::PlannedAccount& account, const std::string& value);

    // From now on Apple takes every value.
    void mend_apple();
    // Values that poisoned events named and Apple still holds.
    [[nodiscard]] std::size_t still_stored(const sim::Plan& plan);

    // Accounts whose value at Apple is not what the events demanded.
    [[nodiscard]] std::vector<sim::Difference> differences(const sim::Plan& plan);

    // What people's devices still hold against the events' will.
    [[nodiscard]] std::vector<sim::Finding> leftovers(const sim::Plan& plan);
    [[nodiscard]] std::size_t devices();

private:
    Scene(std::filesystem::path directory, const sim::Plan& plan);
    [[nodiscard]] common::Result<bool> start_apple(const sim::Plan& plan, std::uint64_t seed);
    [[nodiscard]] common::Result<bool> write_config();

    std::filesystem::path directory_;
    std::filesystem::path config_file_;
    Certificates certificates_;
    EmbeddedBroker broker_;
    std::unique_ptr<AppleServer> apple_;
    std::vector<sim::Fault> poison_;  // stays when the trouble is over, until mend_apple()
};

}  // namespace dev
