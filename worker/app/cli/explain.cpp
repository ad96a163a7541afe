#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "worker/adapters/admin/status_client.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/app/adapter_settings.hpp"
#include "worker/app/cli/subcommands.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/explain/explain.hpp"
#include "worker/app/explain/render.hpp"
#include "worker/app/explain/whereabouts.hpp"
#include "worker/app/refuse.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::cli {

namespace {

constexpr common::Duration kafka_patience = std::chrono::seconds{10};
constexpr common::Duration admin_patience = std::chrono::seconds{5};

struct Options {
    std::string event;
    std::string config;
    std::string key;
    std::vector<std::string> headers;
    std::string admin_url;
    bool key_given = false;
    std::string format = "text";
};

std::string all_of(std::istream& stream) {
    return {std::istreambuf_iterator<char>{stream}, {}};
}

common::Result<core::Record> record_at(const core::Position& position, const Config& config) {
    auto reader = kafka::LogReader::open(kafka_settings(config), kafka_patience);
    if (!reader) {
        return reader.error();
    }
    std::optional<core::Record> found;
    const auto read =
        (*reader)->read(position.partition, position.offset, position.offset + 1, [&](core::Record&& record) {
            found = std::move(record);
            return false;
        });
    if (!read) {
        return read.error();
    }
    if (!found) {
        return common::Error{fmt::format(
            "{}: there is no record at this offset: it was never written, has expired, or is a transaction's "
            "marker",
            core::position_text(position.partition, position.offset))};
    }
    return *std::move(found);
}

// NAME=VALUE, as kcat takes it.
core::Header header_of(const std::string& text) {
    const std::size_t equals = text.find('=');
    return {text.substr(0, equals), text.substr(equals + 1)};
}

CLI::Validator name_and_value() {
    return CLI::Validator{
        [](std::string& text) {
            const std::size_t equals = text.find('=');
            return equals == 0 || equals == std::string::npos
                       ? fmt::format(
                             "{} is not NAME=VALUE, for example ce_type=account.deleted.v1",
                             app::quoted(text))
                       : std::string{};
        },
        ""};
}

// None: a file or standard input is meant.
std::optional<core::Position> position_of(const Options& options) {
    std::error_code ignored;
    return std::filesystem::exists(options.event, ignored) ? std::nullopt
                                                           : core::read_position(options.event);
}

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What is wrong with the command line as a whole; empty: nothing.
std::string misuse(
    const Options& options, const std::optional<core::Position>& position, const Config* config) {
    if (!position) {
        return options.admin_url.empty()
                   ? ""
                   : "--admin-url needs --config and the position of a record, TOPIC/PARTITION/OFFSET";
    }
    if (config == nullptr) {
        return "a record is read from Kafka, so --config is needed";
    }
    if (options.key_given || !options.headers.empty()) {
        return "--key and --header are for a file or standard input: a record in Kafka has its own";
    }
    if (options.admin_url.empty()) {
        return "";
    }
    const std::string& topic = position->partition.topic;
    if (has(dead_letter_topics(*config), topic)) {
        return fmt::format(
            "{} is a dead letter, and no worker executes those where they lie: `autosignin-worker "
            "dead-letters show {}` says what became of it",
            app::quoted(options.event), options.event);
    }
    return has(config->kafka.topics, topic)
               ? ""
               : fmt::format(
                     "{} is in no topic that a worker of this configuration reads ({})",
                     app::quoted(options.event), fmt::join(config->kafka.topics, ", "));
}

CLI::Validator http_url() {
    return CLI::Validator{
        [](std::string& text) {
            while (text.ends_with('/')) {
                text.pop_back();
            }
            return text.starts_with("http://") && text.size() > 7
                       ? std::string{}
                       : "expected http://HOST:PORT of a worker's admin port";
        },
        ""};
}

// A position, with its configuration, was asked for by misuse() before.
common::Result<core::Record> record_of(
    const Options& options, const std::optional<core::Position>& position, const Config* config) {
    core::Record record;
    if (options.key_given) {
        record.key = options.key;
    }
    std::transform(
        options.headers.begin(), options.headers.end(), std::back_inserter(record.headers), header_of);
    if (options.event == "-") {
        record.value = all_of(std::cin);
        return record;
    }
    std::error_code ignored;
    if (position) {
        return record_at(*position, *config);
    }
    std::ifstream file{options.event, std::ios::binary};
    if (!file || std::filesystem::is_directory(options.event, ignored)) {
        return common::Error{fmt::format(
            "{} cannot be read; expected a file with a CloudEvent in JSON, -, or TOPIC/PARTITION/OFFSET",
            app::quoted(options.event))};
    }
    record.value = all_of(file);
    return record;
}

common::Result<std::vector<std::string>> asked_of_worker(
    const std::string& admin_url, const core::Position& position) {
    const auto page = admin::fetch_record(admin_url, position, admin_patience);
    return page ? explain::whereabouts(page.value(), position) : page.error();
}

ExitCode explain_one(const Options& options) {
    std::optional<Config> config;
    if (!options.config.empty()) {
        Loaded loaded = load(options.config, environment());
        if (!loaded.config) {
            fmt::print(stderr, "{}", render(loaded.report));
            return ExitCode::bad_configuration;
        }
        config = std::move(loaded.config);
    }
    const Config* const known = config ? &*config : nullptr;
    const std::optional<core::Position> position = position_of(options);
    if (const std::string wrong = misuse(options, position, known); !wrong.empty()) {
        return refuse(ExitCode::usage, wrong);
    }
    const auto record = record_of(options, position, known);
    if (!record) {
        return refuse(ExitCode::cannot_start, record.error().message);
    }
    explain::Explanation found = explain::explained(*record, known);
    if (!options.admin_url.empty()) {
        auto now = asked_of_worker(options.admin_url, *position);
        if (!now) {
            return refuse(ExitCode::cannot_start, now.error().message);
        }
        found.now = *std::move(now);
    }
    fmt::print(
        "{}",
        options.format == "json" ? explain::json(options.event, found) : explain::text(options.event, found));
    return found.problems.empty() ? ExitCode::ok : ExitCode::invalid_event;
}

}  // namespace

void add_explain(CLI::App& program, ExitCode& exit_code) {
    CLI::App* command =
        program.add_subcommand("explain", "Say what the worker would do with an event, without doing it");
    command->footer(
        "Examples:\n"
        "  autosignin-worker explain event.json --config worker.yaml --key account-7f3a\n"
        "  jq -c .event fixture.json | autosignin-worker explain -            without a worker's "
        "configuration\n"
        "  autosignin-worker explain account-events/3/4711 -c worker.yaml     a record that is in Kafka\n"
        "  autosignin-worker explain data.json -H ce_id=e-1 -H ce_type=...    binary mode, as kcat takes it\n"
        "\nSends nothing to Apple and writes nothing to Kafka; token values are masked. Exit code 0: the "
        "event "
        "is\nvalid; 8: it is invalid, every problem is listed with its JSON pointer; 2: wrong command "
        "line;\n7: it cannot be read.");
    const auto options = std::make_shared<Options>();
    command
        ->add_option(
            "event", options->event, "A file with a CloudEvent in JSON; - for standard input; or a position")
        ->required()
        ->type_name("FILE|-|TOPIC/PARTITION/OFFSET");
    add_config_option(*command, options->config)->required(false);
    CLI::Option* key =
        command->add_option("--key", options->key, "The Kafka key, to be compared with the subject")
            ->type_name("TEXT");
    command
        ->add_option(
            "-H,--header", options->headers, "A Kafka header of the file or standard input; may be repeated")
        ->allow_extra_args(false)
        ->check(name_and_value())
        ->type_name("NAME=VALUE");
    command
        ->add_option(
            "--admin-url", options->admin_url,
            "Also ask this worker where the record stands: http://HOST:PORT")
        ->transform(http_url())
        ->type_name("URL");
    command->add_option("--format", options->format, "text or json")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str()
        ->type_name("FORMAT");
    command->callback([options, key, &exit_code] {
        options->key_given = key->count() != 0;
        exit_code = explain_one(*options);
    });
}

}  // namespace app::cli
