#include "worker/dev/demo/scene.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "worker/sim/plan/demands.hpp"
#include "worker/sim/world/swarm.hpp"

namespace dev {

namespace {

using namespace std::chrono_literals;

constexpr const char* key_id = "DEMOKEY001";
constexpr std::chrono::seconds drain_timeout{3};  // longer than request_timeout; Ctrl-C waits for it
constexpr const char* issuer = "57246542-96fe-1a63-e053-0824d011072a";

std::vector<Topic> topics_of(const sim::Plan& plan) {
    return {
        {plan.partitions.front().topic, static_cast<int>(plan.partitions.size())},
        receipts_topic,
        dead_letter_topic};
}

// Poison: Apple refuses or fails whatever addresses these values, always.
std::vector<sim::Fault> poison_of(const sim::Plan& plan) {
    std::vector<sim::Fault> faults;
    // A fault without values would be everybody's.
    if (!plan.rejected_values.empty()) {
        faults.push_back({.kind = sim::FaultKind::reject_value, .values = plan.rejected_values});
    }
    if (!plan.failing_values.empty()) {
        faults.push_back({.kind = sim::FaultKind::fail_value, .values = plan.failing_values});
    }
    return faults;
}

std::string phone_of(const sim::PlannedAccount& account) {
    return account.name + "-phone";
}

}  // namespace

common::Result<std::unique_ptr<Scene>> Scene::set(const sim::Plan& plan, std::uint64_t seed) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    if (error) {
        return common::Error{fmt::format(
            "there is no folder for temporary files ({}); let TMPDIR name one that exists", error.message())};
    }
    std::string name = folder / "autosignin-demo-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
        return common::Error{
            fmt::format("cannot make a directory like {}: {}", name, std::generic_category().message(errno))};
    }
    std::unique_ptr<Scene> scene{new Scene{name, plan}};
    if (auto started = scene->start_apple(plan, seed); !started) {
        return started.error();
    }
    if (auto written = scene->write_config(); !written) {
        return written.error();
    }
    return scene;
}

Scene::Scene(std::filesystem::path directory, const sim::Plan& plan)
    : directory_{std::move(directory)}, broker_{topics_of(plan)}, poison_{poison_of(plan)} {}

Scene::~Scene() {
    apple_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

common::Result<bool> Scene::start_apple(const sim::Plan& plan, std::uint64_t seed) {
    auto certificates = write_certificates(directory_);
    if (!certificates) {
        return certificates.error();
    }
    certificates_ = *certificates;
    auto p8 = new_app_key();
    if (!p8) {
        return p8.error();
    }
    if (auto written = write_private_file(directory_ / "app.p8", *p8); !written) {
        return written.error();
    }
    Es256Tokens tokens;
    if (auto added = tokens.add_key(key_id, *p8); !added) {
        return added.error();
    }
    tokens.set_issuer(issuer);
    for (std::uint32_t app = 0; app < demo_apps; ++app) {
        tokens.add_app(sim::bundle_id(core::AppId{app}));
    }
    AppleServerOptions options;
    options.certificates = certificates_;
    options.seed = seed;
    options.identity = sim::IdentityOptions{.seed = seed};
    auto apple = AppleServer::start(options, std::move(tokens));
    if (!apple) {
        return apple.error();
    }
    apple_ = std::move(*apple);
    apple_->with_apple([&](sim::Apple& server, common::Now) {
        server.script(poison_);
        for (const sim::PlannedAccount& account : plan.accounts) {
            server.store().put(account.shop, account.name, account.first_value);
        }
    });
    apple_->with_people([&](sim::People& people, common::Now) {
        for (const sim::PlannedAccount& account : plan.accounts) {
            people.add_device({.name = phone_of(account), .account = account.name});
            people.add_device(
                {.name = account.name + "-tv", .platform = sim::Platform::tvos, .account = account.name});
        }
    });
    return true;
}

common::Result<bool> Scene::write_config() {
    config_file_ = directory_ / "worker.yaml";
    std::string text = fmt::format(
        "kafka:\n  bootstrap_servers: {}\n  group_id: autosignin-demo\n  group_instance_id: demo-1\n"
        "  topics: [account-events]\n  session_timeout: {}ms\n  properties:\n",
        broker_.bootstrap(), embedded_session_timeout.count());
    for (const auto& [name, value] : embedded_client_properties()) {
        text += name == "session.timeout.ms" ? "" : fmt::format("    {}: \"{}\"\n", name, value);
    }
    // The demo has more poison than a minute's allowance for giving up, and ends when all of it is settled.
    text += fmt::format(
        "drain_timeout: {}s\n"
        "receipts:\n  topic: {}\n"
        "apple:\n  ca_file: {}\n  attempts_max: 4\n  exhausted_per_minute_max: 0\n  request_timeout: 2s\n  "
        "retry: {{base: 100ms, longest: "
        "2s}}\n"
        "  breaker: {{probe_longest: 4s}}\n"
        "  endpoints:\n    production: {}\n    sandbox: {}\n"
        "apps:\n",
        drain_timeout.count(), receipts_topic.name, certificates_.ca_file.string(),
        apple_->url(sim::Environment::production), apple_->url(sim::Environment::sandbox));
    for (std::uint32_t app = 0; app < demo_apps; ++app) {
        text += fmt::format(
            "  - name: {}\n    bundle_id: {}\n    issuer_id: {}\n    environment: {}\n"
            "    keys: [{{id: {}, file: app.p8}}]\n",
            sim::app_name(core::AppId{app}), sim::bundle_id(core::AppId{app}), issuer,
            app == 0 ? "production" : "sandbox", key_id);
    }
    text += "admin:\n  port: 0\n";
    std::ofstream file{config_file_};
    file << text;
    file.close();
    if (!file) {
        return common::Error{fmt::format("cannot write {}", config_file_.string())};
    }
    return true;
}

void Scene::start_trouble(common::Duration length) {
    apple_->with_apple([&](sim::Apple& server, common::Now now) {
        const auto at = [&](double share) {
            return now.steady + std::chrono::duration_cast<common::Duration>(length * share);
        };
        std::vector<sim::Fault> faults = poison_;
        using sim::FaultKind;
        // Always: an answer takes a while, and now and then one is lost or comes too late.
        faults.push_back({.kind = FaultKind::delay_answer, .until = at(0.9), .delay = 15ms});
        faults.push_back({.kind = FaultKind::lose_answer, .until = at(0.66), .probability = 0.03});
        faults.push_back(
            {.kind = FaultKind::go_away, .from = at(0.05), .until = at(0.66), .probability = 0.002});
        faults.push_back(
            {.kind = FaultKind::throttle,
             .from = at(0.10),
             .until = at(0.22),
             .bundle_id = sim::bundle_id(core::AppId{0})});
        faults.push_back({.kind = FaultKind::fail, .from = at(0.28), .until = at(0.38)});
        faults.push_back(
            {.kind = FaultKind::refuse_credential,
             .from = at(0.45),
             .until = at(0.60),
             .bundle_id = sim::bundle_id(core::AppId{0})});
        server.script(std::move(faults));
    });
}

void Scene::sign_in(const sim::PlannedAccount& account, const std::string& value) {
    apple_->with_people([&](sim::People& people, common::Now now) {
        const std::string phone = phone_of(account);
        const sim::Prompt prompt =
            people.request_authorization(phone, account.shop, sim::SheetAnswer::approve);
        static_cast<void>(people.update_token(phone, account.shop, *prompt.context, value, now.steady));
    });
}

std::vector<sim::Finding> Scene::leftovers(const sim::Plan& plan) {
    // Whoever is meant to get a dead letter is owed the rest.
    const auto owed = [&](std::size_t record, std::size_t) {
        return plan.records[record].kind != sim::RecordKind::valid;
    };
    const std::vector<sim::Demand> demands = sim::demands_of(plan, owed, common::Instant{});
    sim::Ledger ledger;
    apple_->with_apple([&](sim::Apple& server, common::Now) { ledger = server.ledger(); });
    std::vector<sim::Finding> findings;
    apple_->with_people(
        [&](sim::People& people, common::Now) { findings = sim::leftovers(people, ledger, demands); });
    return findings;
}

std::size_t Scene::devices() {
    std::size_t devices = 0;
    apple_->with_people([&](sim::People& people, common::Now) { devices = people.devices().size(); });
    return devices;
}

void Scene::mend_apple() {
    apple_->with_apple([](sim::Apple& server, common::Now) { server.script({}); });
}

std::size_t Scene::still_stored(const sim::Plan& plan) {
    std::set<std::pair<sim::Shop, std::string>> named;
    for (const sim::PlannedRecord& record : plan.records) {
        for (const sim::PlannedCommand& command : record.commands) {
            if (record.kind == sim::RecordKind::poisoned) {
                named.emplace(plan.accounts[record.account].shop, command.value);
            }
        }
    }
    std::size_t stored = 0;
    apple_->with_apple([&](sim::Apple& server, common::Now) {
        for (const auto& [shop, value] : named) {
            stored += server.store().stored(shop, value) ? 1 : 0;
        }
    });
    return stored;
}

std::vector<sim::Difference> Scene::differences(const sim::Plan& plan) {
    std::vector<sim::Difference> all;
    apple_->with_apple([&](sim::Apple& server, common::Now) {
        std::map<sim::Shop, sim::Wanted> wanted;
        for (const sim::PlannedAccount& account : plan.accounts) {
            wanted[account.shop][account.name] = account.last_value;
        }
        for (const auto& [shop, accounts] : wanted) {
            const auto found = server.store().differences(shop, accounts);
            all.insert(all.end(), found.begin(), found.end());
        }
    });
    return all;
}

}  // namespace dev
