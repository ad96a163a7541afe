#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/sign_in_with_apple/errands.hpp"

namespace app::cli {

namespace {

struct Options {
    std::string config;
    std::string format = "text";
    identity::ErrandOptions errand;
};
using Given = std::shared_ptr<Options>;
using Errand = ExitCode (*)(const Config&, const identity::ErrandOptions&);

ExitCode carry_out(Options& options, Errand errand) {
    const Loaded loaded = load(options.config, environment());
    if (!loaded.config) {
        fmt::print(stderr, "{}", render(loaded.report));
        return ExitCode::bad_configuration;
    }
    options.errand.format = options.format == "json" ? identity::Format::json : identity::Format::text;
    return errand(*loaded.config, options.errand);
}

struct Command {
    CLI::App* app;
    Given options;
};

Command add(CLI::App& group, const char* name, const char* help, Errand errand, ExitCode& exit_code) {
    Command command{group.add_subcommand(name, help), std::make_shared<Options>()};
    add_config_option(*command.app, command.options->config);
    command.app->callback(
        [options = command.options, errand, &exit_code] { exit_code = carry_out(*options, errand); });
    return command;
}

void add_client(const Command& command) {
    command.app
        ->add_option(
            "--client", command.options->errand.client,
            "The client id; may be left out where the configuration has one client")
        ->type_name("CLIENT");
}
void add_format(const Command& command) {
    command.app->add_option("--format", command.options->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str()
        ->type_name("FORMAT");
}
void add_input(const Command& command, const char* help) {
    command.app->add_option("file", command.options->errand.input, help)
        ->capture_default_str()
        ->type_name("FILE|-");
}
void add_output(const Command& command, const char* help) {
    command.app->add_option("-o,--output", command.options->errand.output, help)->type_name("FILE");
}
void add_reveal(const Command& command, const char* help) {
    command.app->add_flag("--reveal", command.options->errand.reveal, help);
}

void add_token_commands(CLI::App& group, ExitCode& exit_code) {
    const Command exchange =
        add(group, "exchange", "Exchange an authorization code for tokens; a code works once",
            identity::exchange_code, exit_code);
    add_input(exchange, "A file with the code; - for standard input");
    exchange.app
        ->add_option(
            "--redirect-uri", exchange.options->errand.redirect_uri,
            "The one of the authorization request, if it had one")
        ->type_name("URI");
    const Command refresh =
        add(group, "refresh", "Ask whether a session is still valid; Apple wants at most one question a day",
            identity::refresh_session, exit_code);
    add_input(refresh, "A file with the refresh token; - for standard input");
    for (const Command& command : {exchange, refresh}) {
        add_client(command);
        add_output(command, "Write the tokens there as JSON, mode 0600");
        add_reveal(command, "Print the tokens instead of their lengths");
        add_format(command);
    }
    const Command revoke = add(
        group, "revoke", "End the session of a token; safe to repeat", identity::revoke_session, exit_code);
    add_input(revoke, "A file with a refresh or access token; - for standard input");
    add_client(revoke);
    revoke.app
        ->add_option("--kind", revoke.options->errand.kind, "refresh_token or access_token, if it is known")
        ->check(CLI::IsMember({"refresh_token", "access_token"}))
        ->type_name("KIND");
    add_format(revoke);
}

}  // namespace

void add_sign_in_with_apple(CLI::App& program, ExitCode& exit_code) {
    CLI::App* group = program.add_subcommand(
        "sign-in-with-apple", "Talk to Apple's identity service by hand: tokens, keys, notifications");
    group->require_subcommand(1);
    group->footer(
        "Examples:\n"
        "  autosignin-worker sign-in-with-apple revoke -c worker.yaml --client com.example.tv token.txt\n"
        "  autosignin-worker sign-in-with-apple exchange -c worker.yaml -o tokens.json < code.txt\n"
        "  autosignin-worker sign-in-with-apple verify -c worker.yaml notification.json\n"
        "\nCodes and tokens come from a file or standard input, never from the command line. What Apple "
        "hands "
        "out is\nmasked unless --output or --reveal says otherwise. Every question is asked once, and "
        "answered "
        "within\napple.request_timeout.\n"
        "\nExit codes: 0 done; 2 no such client; 3 the configuration is wrong; 7 no answer, or a file cannot "
        "be\nread; 13 Apple refused, the causes are listed; 14 verify: not to be trusted.");
    const Command secret =
        add(*group, "client-secret", "Sign a client secret", identity::make_client_secret, exit_code);
    add_client(secret);
    add_output(secret, "Write it there, mode 0600");
    add_reveal(secret, "Print it");
    add_token_commands(*group, exit_code);

    const Command verify =
        add(*group, "verify", "Check an identity token or a notification against Apple's key set",
            identity::verify_signed, exit_code);
    add_input(
        verify,
        "A file with the JWT, or with the {\"payload\": ...} that Apple posted; - for standard input");
    verify.app
        ->add_option(
            "--client", verify.options->errand.client,
            "The one audience to accept; else every configured client")
        ->type_name("CLIENT");
    verify.app
        ->add_option(
            "--nonce-file", verify.options->errand.nonce_file,
            "A file with the nonce of the authorization request")
        ->type_name("FILE");
    verify.app
        ->add_option(
            "--keys", verify.options->errand.keys_file, "A saved key set instead of Apple's present one")
        ->type_name("FILE");
    add_reveal(verify, "Print the address of the person");
    add_format(verify);

    const Command keys = add(*group, "keys", "Show Apple's key set", identity::show_keys, exit_code);
    add_output(keys, "Write it there as Apple sent it, for verify --keys");
    add_format(keys);
}

}  // namespace app::cli
