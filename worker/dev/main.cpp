// autosignin-dev: the simulated world for people. The worker inside is the one that ships; nothing of the
// simulation is linked into that program.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "worker/dev/demo/apple_stand.hpp"
#include "worker/dev/demo/demo.hpp"

int main(int argc, char** argv) {
    CLI::App cli{"The worker in a simulated world: an embedded Kafka broker and a scripted Apple."};
    cli.require_subcommand(1);
    dev::DemoOptions options;
    CLI::App* demo = cli.add_subcommand(
        "demo",
        "Runs a seeded workload while Apple misbehaves, then compares what Apple holds with what was "
        "demanded");
    demo->add_option("--events", options.events, "how many records are sent")
        ->check(CLI::Range(100, 200'000))
        ->capture_default_str();
    demo->add_option(
            "--seconds", options.seconds,
            "over how long a time they are sent; two seeds in five begin with a backlog of most of them")
        ->check(CLI::Range(5, 3600))
        ->capture_default_str();
    demo->add_option("--seed", options.seed, "another seed, another workload")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    demo->footer(
        "Exit codes: 0 as demanded, 1 not so, 2 wrong command line, 7 could not start; 130, 143, 129 stopped "
        "by\n"
        "Ctrl-C, SIGTERM or SIGHUP before the end.");
    demo->add_flag("--keep", options.keep, "leave everything running afterwards, until Ctrl-C");
    demo->add_flag("--calm", options.calm, "Apple behaves, and every event is a good one");
    demo->add_option("--admin-port", options.admin_port, "the worker's admin port; 0: any free one")
        ->capture_default_str();
    dev::AppleStandOptions stand;
    CLI::App* apple = cli.add_subcommand(
        "apple",
        "Serves the scripted Apple: both environments of Automatic Sign-In, Sign in with Apple, and a front "
        "desk "
        "where one sees and does what people do; prints where, as JSON, and stays until Ctrl-C");
    apple->add_option("--folder", stand.folder, "where keys and certificates are written; created if missing")
        ->required();
    apple->add_option("--seed", stand.seed, "another seed, other codes and tokens")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // CLI11's own codes are many; ours are those of autosignin-worker.
        return cli.exit(error) == 0 ? 0 : 2;
    }
    try {
        return apple->parsed() ? dev::apple_stand(stand) : dev::demo(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "autosignin-dev: unexpected: {}\n", error.what());
        return 1;
    }
}
