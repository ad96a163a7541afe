#include "worker/app/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <random>

#include "worker/adapters/admin/admin_server.hpp"
#include "worker/adapters/admin/status_json.hpp"
#include "worker/adapters/admin/status_page.hpp"
#include "worker/adapters/auth/certificate_file.hpp"
#include "worker/adapters/auth/fingerprint.hpp"
#include "worker/adapters/auth/rs256.hpp"
#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/adapters/kafka/record_sink.hpp"
#include "worker/adapters/kafka/record_source.hpp"
#include "worker/adapters/log/log_journal.hpp"
#include "worker/adapters/metrics/exporter.hpp"
#include "worker/adapters/metrics/process.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/adapter_settings.hpp"
#include "worker/app/clock_watch.hpp"
#include "worker/app/front_page.hpp"
#include "worker/app/ledger/ledger_watch.hpp"
#include "worker/app/loop_waiter.hpp"
#include "worker/app/parting.hpp"
#include "worker/app/readiness.hpp"
#include "worker/app/samples.hpp"
#include "worker/app/summary.hpp"
#include "worker/app/transport.hpp"
#include "worker/app/version.hpp"
#include "worker/app/worker_loop.hpp"
#include "worker/core/engine/engine.hpp"

namespace app {

namespace {

// How long leaving Kafka may take once everything is settled.
constexpr common::Duration close_bound = std::chrono::seconds{5};
// How much longer the watch over dead letters may take for it.
constexpr common::Duration watch_bound = std::chrono::seconds{2};
// How long the first look at the topics may delay the start.
constexpr common::Duration prepare_bound = std::chrono::seconds{3};

log_lines::JournalSettings journal_settings(const Config& config) {
    const bool text = config.log_format == LogFormat::text ||
                      (config.log_format == LogFormat::automatic && ::isatty(STDERR_FILENO) == 1);
    return {.format = text ? log_lines::Format::text : log_lines::Format::json, .level = config.log_level};
}

std::uint64_t random_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

metrics::Names names(const core::Settings& settings) {
    metrics::Names names{std::string{version()}, {}, {}};
    for (const core::CredentialSettings& one : settings.credentials) {
        names.credentials.push_back({one.kind, one.name});
    }
    for (const core::EndpointSettings& endpoint : settings.endpoints) {
        names.endpoints.push_back(endpoint.name);
    }
    return names;
}

common::Result<std::unique_ptr<ledger::LedgerWatch>> start_watch(
    const Config& config, ports::Journal& journal) {
    kafka::KafkaSettings kafka = kafka_settings(config);
    kafka.group_id = watch_group_of(config);
    kafka.group_instance_id.clear();
    kafka.topics = dead_letter_topics(config);
    ledger::Settings settings;
    settings.group = kafka.group_id;
    settings.replay_group = replay_group_of(config);
    settings.workers_group = config.kafka.group_id;
    settings.sources = config.kafka.topics;
    settings.rules = to_settings(config).rules;
    return ledger::LedgerWatch::start(kafka, std::move(settings), journal);
}

// Of the one that librdkafka reads, at the start as it does.
std::optional<common::WallTime> kafka_certificate_end(const Config& config) {
    const auto file = config.kafka.properties.find("ssl.certificate.location");
    return file == config.kafka.properties.end() ? std::nullopt : auth::certificate_ends(file->second);
}

common::Result<core::Settings> settings_of(const Config& config) {
    core::Settings settings = to_settings(config);
    settings.worker_version = version();
    settings.seed = random_seed();
    settings.rs256 = auth::rs256_verifies;
    settings.say_outcomes = config.log_level == core::Severity::debug;
    if (config.receipts.fingerprint_key_file.empty()) {
        settings.fingerprint = auth::Fingerprinter::with_random_key();
        return settings;
    }
    auto keyed = auth::Fingerprinter::from_file(config.receipts.fingerprint_key_file);
    if (!keyed) {
        return keyed.error();
    }
    settings.fingerprint = *keyed;
    return settings;
}

}  // namespace

// Destroyed from the last to the first: whoever uses a thing is declared after it.
struct Worker::Parts {
    Parts(const Config& config, WorkerOptions options, core::Settings settings)
        : reactor{options.signals},
          waiter{reactor},
          own_journal{
              options.journal == nullptr ? std::make_unique<log_lines::LogJournal>(journal_settings(config))
                                         : nullptr},
          journal{options.journal == nullptr ? *own_journal : *options.journal},
          endpoints{settings.endpoints},
          credentials{settings.credentials},
          source_topics{config.kafka.topics},
          exporter{names(settings)},
          engine{std::move(settings)},
          standstill_fail_after{config.standstill_fail_after},
          kafka_certificate_ends{kafka_certificate_end(config)},
          tokens{signed_credentials(config), [this](const core::Say& line) { say(line); }, clock.now()} {}

    void say(const core::Say& line) const {
        if (journal.wants(line.severity)) {
            journal.write(line);
        }
    }

    common::Result<bool> open(const Config& config);
    void watch(int fd);
    [[nodiscard]] std::string metrics_page();
    [[nodiscard]] std::string front_page();
    void remember_moment();
    [[nodiscard]] admin::Health health_now(const core::Status& status) const;
    [[nodiscard]] const std::optional<kafka::Fatal>& fatal() const {
        return source->fatal() ? source->fatal() : sink->fatal();
    }
    [[nodiscard]] ExitCode leave(ExitCode code);

    adapters::reactor::Reactor reactor;  // first: it blocks the signals that later threads must not take
    LoopWaiter waiter;
    adapters::reactor::SystemClock clock;
    std::unique_ptr<log_lines::LogJournal> own_journal;
    ports::Journal& journal;
    std::vector<core::EndpointSettings> endpoints;
    std::vector<core::CredentialSettings> credentials;
    std::vector<std::string> source_topics;
    metrics::Exporter exporter;
    core::Engine engine;
    common::Duration standstill_fail_after;
    std::optional<common::WallTime> kafka_certificate_ends;
    auth::SignedCredentials tokens;
    common::Histogram loop_turn{metrics::loop_turn_bounds};
    common::Histogram loop_delay{metrics::loop_turn_bounds};
    Summary summary;
    LastLook last_look;
    admin::History history;
    std::unique_ptr<kafka::RecordSource> source;
    std::unique_ptr<kafka::RecordSink> sink;
    Transport transport;
    std::unique_ptr<ClockWatch> clock_watch;
    std::unique_ptr<WorkerLoop> loop;
    std::unique_ptr<ledger::LedgerWatch> letters;  // none: switched off
    std::unique_ptr<admin::AdminServer> admin_server;
};

common::Result<bool> Worker::Parts::open(const Config& config) {
    admin::Pages pages{
        .metrics = [this] { return metrics_page(); },
        .status = [this] { return admin::status_json(engine.status(clock.now()), version()); },
        .health = [this] { return health_now(engine.status(clock.now())); },
        .record =
            [this](const core::Position& asked) {
                const common::Now now = clock.now();
                return admin::record_json(engine.record_status(asked, now), asked, now.wall, version());
            },
        .front = [this] { return front_page(); },
    };
    auto listening = admin::AdminServer::start(
        {.host = config.admin_address, .port = config.admin_port}, std::move(pages));
    if (!listening) {
        return listening.error();
    }
    admin_server = std::move(*listening);
    watch(admin_server->wake_fd());

    auto made = make_transport(config, reactor, journal, random_seed());
    if (!made) {
        return made.error();
    }
    transport = std::move(*made);
    clock_watch = std::make_unique<ClockWatch>(*transport.port, journal);

    const kafka::KafkaSettings settings = kafka_settings(config);
    auto producer = kafka::RecordSink::open(settings, journal);
    if (!producer) {
        return producer.error();
    }
    sink = std::move(*producer);
    static_cast<void>(sink->prepare(written_topics(config), prepare_bound));
    auto consumer = kafka::RecordSource::open(settings, journal);
    if (!consumer) {
        return consumer.error();
    }
    source = std::move(*consumer);
    watch(sink->wake_fd());
    watch(source->wake_fd());
    if (config.dead_letters_watched) {
        auto watching = start_watch(config, journal);
        if (!watching) {
            return watching.error();
        }
        letters = std::move(*watching);
    }

    loop = std::make_unique<WorkerLoop>(
        engine, Ports{*source, *sink, *clock_watch, tokens, clock, waiter, journal});
    say(
        {core::Severity::info,
         "started",
         fmt::format(
             "autosignin-worker {} started; admin port http://{}:{}", version(), config.admin_address,
             admin_server->port()),
         {{"group", settings.group_id}, {"instance", settings.group_instance_id}}});
    return true;
}

// Only wakes the loop: what there is to do is collected every turn.
void Worker::Parts::watch(int fd) {
    reactor.add(fd, true, false, [](bool, bool) {});
}

std::string Worker::Parts::metrics_page() {
    const common::Now now = clock.now();
    Samples samples;
    append_kafka(source->stats(), sink->stats(), samples);
    append_source_topics(source_topics, samples);
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        append_transport(
            endpoints[i].name, transport.stats(core::EndpointId{static_cast<std::uint32_t>(i)}), samples);
    }
    append_certificate("kafka_client", kafka_certificate_ends, samples);
    append_credentials(tokens.status(now), credentials, samples);
    if (letters) {
        append_letters(letters->standing(now.steady), now.wall, samples);
    }
    if (clock_watch->skew()) {
        samples.push_back({metrics::Metric::clock_skew, {}, common::seconds(*clock_watch->skew())});
    }
    if (own_journal) {
        samples.push_back(
            {metrics::Metric::log_lines_dropped, {}, static_cast<double>(own_journal->dropped())});
    }
    metrics::append_process_samples(samples);
    const core::Status status = engine.status(now);
    return exporter.render({engine.stats(), status, loop_turn, loop_delay, samples});
}

admin::Health Worker::Parts::health_now(const core::Status& status) const {
    return health({source->stats(), fatal(), status.draining, status.standstill, standstill_fail_after});
}

std::string Worker::Parts::front_page() {
    const common::Now now = clock.now();
    const core::Status status = engine.status(now);
    const kafka::KafkaStats& kafka = source->stats();
    const auto standing = letters ? std::optional{letters->standing(now.steady)} : std::nullopt;
    return admin::status_page(
        status, {.version = version(),
                 .now = now.wall,
                 .health = health_now(status),
                 .around = surroundings(kafka, standing, now.wall),
                 .lags = known_lags(kafka),
                 .history = history.moments()});
}

void Worker::Parts::remember_moment() {
    const common::Now now = clock.now();
    history.took(moment(engine.stats(), engine.status(now), now.steady));
}

ExitCode Worker::Parts::leave(ExitCode code) {
    admin_server->stop();
    if (code == ExitCode::stopped_at_once) {
        last_look.took(engine.status(clock.now()));  // the engine was not asked, so everything is there still
    }
    if (const auto words = parting_words(code, last_look.status())) {
        say(*words);
    }
    // A second signal means now: the group finds out by itself.
    const common::Duration bound = code == ExitCode::stopped_at_once ? common::Duration{} : close_bound;
    if (letters) {
        letters->ask_to_stop();  // it leaves its group meanwhile
    }
    const bool stored = sink->close(bound);
    const bool left = source->close(bound);
    if (letters) {
        letters->stop(code == ExitCode::stopped_at_once ? common::Duration{} : watch_bound);
    }
    if (code != ExitCode::stopped_at_once && (!stored || !left)) {
        say(
            {core::Severity::warning, "left_late",
             fmt::format(
                 "Kafka did not answer within {} s while leaving; the group takes the partitions back after "
                 "the session timeout",
                 std::chrono::duration_cast<std::chrono::seconds>(bound).count())});
        code = code == ExitCode::ok ? ExitCode::drained_late : code;
    }
    say({core::Severity::info, "stopped", fmt::format("stopped with exit code {}", static_cast<int>(code))});
    return code;
}

Worker::Worker(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Worker::~Worker() = default;

common::Result<std::unique_ptr<Worker>> Worker::create(const Config& config, WorkerOptions options) {
    auto settings = settings_of(config);
    if (!settings) {
        return settings.error();
    }
    auto parts = std::make_unique<Parts>(config, options, std::move(*settings));
    const auto opened = parts->open(config);
    if (!opened) {
        return opened.error();
    }
    return std::unique_ptr<Worker>{new Worker{std::move(parts)}};
}

std::optional<ExitCode> Worker::turn() {
    Parts& parts = *parts_;
    const TurnResult result = parts.loop->turn();
    if (const auto late = parts.waiter.late()) {
        parts.loop_delay.observe(common::seconds(*late));
    }
    const common::Instant now = adapters::reactor::steady_now();
    parts.loop_turn.observe(common::seconds(now - parts.waiter.ended_at()));
    if (parts.history.due(now)) {
        parts.remember_moment();
    }
    parts.admin_server->answer();
    if (parts.summary.due(now)) {
        parts.say(parts.summary.line(parts.engine.stats(), parts.engine.status(parts.clock.now())));
    }
    if (parts.fatal()) {  // said by the client that met it
        return parts.leave(ExitCode::kafka_fatal);
    }
    switch (result) {
        case TurnResult::more:
            if (parts.waiter.drain_begun() && parts.last_look.due(now)) {
                parts.last_look.took(parts.engine.status(parts.clock.now()));
            }
            return std::nullopt;
        case TurnResult::finished:
            return parts.leave(ExitCode::ok);
        case TurnResult::finished_late:
            return parts.leave(ExitCode::drained_late);
        case TurnResult::stopped:
            break;
    }
    return parts.leave(ExitCode::stopped_at_once);
}

ExitCode Worker::run() {
    while (true) {
        if (const auto code = turn()) {
            return *code;
        }
    }
}

void Worker::request_drain() noexcept {
    parts_->waiter.request_drain();
}

std::uint16_t Worker::admin_port() const noexcept {
    return parts_->admin_server->port();
}

const core::Stats& Worker::stats() const noexcept {
    return parts_->engine.stats();
}

core::Status Worker::status() const {
    return parts_->engine.status(parts_->clock.now());
}

}  // namespace app
