#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>
#include <memory>
#include <utility>

#include "worker/adapters/kafka/inspector.hpp"
#include "worker/app/cli/subcommands.hpp"
#include "worker/app/doctor/apple.hpp"
#include "worker/app/doctor/identity.hpp"
#include "worker/app/doctor/kafka.hpp"
#include "worker/app/doctor/machine.hpp"

namespace app::cli {

namespace {

struct Options {
    std::string config;
    bool offline = false;
    std::string format = "text";
};

doctor::Findings examine(const Loaded& loaded, bool offline) {
    doctor::Findings findings = doctor::check_configuration(loaded);
    if (!loaded.config) {
        findings.push_back({doctor::Verdict::skip, "all else", "not checked: the configuration is wrong"});
        return findings;
    }
    const auto add = [&](doctor::Findings more) {
        std::move(more.begin(), more.end(), std::back_inserter(findings));
    };
    const Config& config = *loaded.config;
    add(doctor::check_limits(doctor::limits_of_this_process(), config));
    const kafka::LibraryVersion library = kafka::library_version();
    add(doctor::check_library(library.name, library.number, config));
    if (offline) {
        add({{doctor::Verdict::skip, "apple, clock and kafka", "not checked: --offline"}});
        return findings;
    }
    add(doctor::check_apple(config));
    add(doctor::check_identity(config));
    add(doctor::check_kafka(config));
    return findings;
}

}  // namespace

void add_doctor(CLI::App& program, ExitCode& exit_code) {
    CLI::App* command = program.add_subcommand("doctor", "Check everything that a deployment needs");
    command->footer(
        "Configuration, key files, limits, libraries, the way to Apple (name, TCP, TLS, ALPN, clock, one\n"
        "deletion of a fresh random value for each app, which must answer 404), for Sign in with Apple the "
        "key\n"
        "set and one revocation of a random token for each client, which must answer 200; brokers, topics, "
        "rights,\ngroup.\n"
        "Touches nobody's data: writes no record, joins no group, commits nothing. Every failure comes with "
        "its\nremedy. Exit code 0: fit (warnings allowed); 3: the configuration is wrong; 9: a check "
        "failed.");
    const auto options = std::make_shared<Options>();
    add_config_option(*command, options->config);
    command->add_flag("--offline", options->offline, "Skip everything that needs the network");
    command->add_option("--format", options->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str()
        ->type_name("FORMAT");
    command->callback([options, &exit_code] {
        const Loaded loaded = load(options->config, environment());
        const doctor::Findings findings = examine(loaded, options->offline);
        fmt::print("{}", options->format == "json" ? doctor::json(findings) : doctor::text(findings));
        exit_code = !loaded.config          ? ExitCode::bad_configuration
                    : doctor::fit(findings) ? ExitCode::ok
                                            : ExitCode::not_fit;
    });
}

}  // namespace app::cli
