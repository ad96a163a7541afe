#include "worker/dev/demo/demo.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "worker/adapters/log/log_journal.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/worker.hpp"
#include "worker/dev/demo/letters_chapter.hpp"
#include "worker/dev/demo/progress.hpp"
#include "worker/dev/demo/report.hpp"
#include "worker/dev/demo/scene.hpp"
#include "worker/dev/demo/sender.hpp"
#include "worker/dev/demo/status.hpp"
#include "worker/dev/demo/stop_signal.hpp"
#include "worker/dev/demo/tally.hpp"
#include "worker/sim/world/swarm.hpp"

namespace dev {

namespace {

using namespace std::chrono_literals;

// Paces the display and the sender; nothing else depends on it.
constexpr std::chrono::milliseconds pause{10};

sim::Plan plan_of(const DemoOptions& options, common::WallTime start) {
    sim::Swarm swarm;
    swarm.partitions = 6;
    swarm.accounts = std::max<std::size_t>(20, options.events / 4);
    swarm.records = options.events;
    swarm.apps = demo_apps;
    swarm.calm_after = std::chrono::seconds{options.seconds};
    swarm.poison = !options.calm;
    swarm.poison_percent = 1;
    swarm.invalid_records = !options.calm;
    swarm.invalid_percent = 3;
    sim::Choices choices{options.seed};
    return sim::draw_plan(choices, swarm, start);
}

// The worker's log in a file.
class LogFile {
public:
    explicit LogFile(const std::filesystem::path& path)
        : path_{path},
          fd_{open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)},
          journal_{{.format = log_lines::Format::text, .fd = fd_}} {}
    ~LogFile() { close(fd_); }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    [[nodiscard]] ports::Journal& journal() noexcept { return journal_; }
    void print_end() const {
        std::deque<std::string> lines;
        std::ifstream file{path_};
        for (std::string line; std::getline(file, line);) {
            lines.push_back(line);
            if (lines.size() > 20) {
                lines.pop_front();
            }
        }
        fmt::print("the end of the worker's log:\n{}\n", fmt::join(lines, "\n"));
    }

private:
    std::filesystem::path path_;
    int fd_;
    log_lines::LogJournal journal_;
};

// The worker on a thread of its own, as it would be in a process of its own.
class RunningWorker {
public:
    explicit RunningWorker(std::unique_ptr<app::Worker> worker)
        : worker_{std::move(worker)}, port_{worker_->admin_port()}, thread_{[this] {
              code_ = worker_->run();
              over_ = true;
          }} {}
    ~RunningWorker() { stop(); }
    RunningWorker(const RunningWorker&) = delete;
    RunningWorker& operator=(const RunningWorker&) = delete;

    app::ExitCode stop() {
        if (thread_.joinable()) {
            worker_->request_drain();
            thread_.join();
        }
        return code_;
    }
    [[nodiscard]] bool over() const noexcept { return over_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    std::unique_ptr<app::Worker> worker_;
    std::uint16_t port_;
    std::atomic<bool> over_{false};
    app::ExitCode code_ = app::ExitCode::unexpected;
    std::thread thread_;
};

enum class Played : std::uint8_t { settled, unsettled, stopped };

// Sends the plan's events and waits until each has its receipt, for a bounded time.
Played play(
    const sim::Plan& plan, Scene& scene, Tally& tally, RunningWorker& worker, const DemoOptions& options,
    StopSignal& stop) {
    adapters::reactor::SystemClock clock;
    Sender sender{scene.bootstrap(), plan};
    Progress progress;
    const common::Instant start = clock.now().steady;
    const common::Duration length = std::chrono::seconds{options.seconds};
    if (!options.calm) {
        scene.start_trouble(length);
    }
    std::size_t signed_in = 0;
    Played played = Played::unsettled;
    while (!worker.over() && clock.now().steady - start <= length + 90s) {
        const common::Instant now = clock.now().steady;
        // A person's new value is at Apple before the event that names it can be.
        while (signed_in < plan.sign_ins.size() && plan.sign_ins[signed_in].at <= now - start) {
            const sim::PlannedSignIn& person = plan.sign_ins[signed_in++];
            scene.sign_in(plan.accounts[person.account], person.value);
        }
        sender.send_due(now - start);
        tally.read();
        if (progress.due(now)) {
            progress.show(
                {plan.records.size(), sender.sent(), tally.events(), tally.executed(), tally.dead_letters(),
                 ask_status(worker.port()).value_or(WorkerStatus{})},
                now);
        }
        if (sender.all_sent() && tally.events() == plan.records.size()) {
            played = Played::settled;
            break;
        }
        if (stop.wait(pause)) {
            played = Played::stopped;
            break;
        }
    }
    progress.end();
    return played;
}

bool verdict(const sim::Plan& plan, Scene& scene, const Tally& tally) {
    std::size_t owed = 0;
    for (const sim::PlannedRecord& record : plan.records) {
        owed += record.kind == sim::RecordKind::valid ? 0 : 1;
    }
    fmt::print("\n{}\n", report(tally));
    bool agree = true;
    if (tally.events() != plan.records.size()) {
        fmt::print(
            "MISSING: {} of {} events have no receipt\n", plan.records.size() - tally.events(),
            plan.records.size());
        agree = false;
    }
    if (tally.dead_letters() != owed) {
        fmt::print(
            "WRONG: {} dead letters, the events held {} that deserve one\n", tally.dead_letters(), owed);
        agree = false;
    }
    for (const sim::Difference& difference : scene.differences(plan)) {
        fmt::print(
            "WRONG: Apple holds {} for {}, the events demanded {}\n", difference.stored.value_or("nothing"),
            difference.account, difference.wanted.value_or("nothing"));
        agree = false;
    }
    const std::vector<sim::Finding> leftovers = scene.leftovers(plan);
    for (const sim::Finding& finding : leftovers) {
        fmt::print("WRONG: {}\n", sim::finding_text(finding));
        agree = false;
    }
    if (leftovers.empty()) {
        fmt::print("None of {} devices holds a value that had to go.\n", scene.devices());
    }
    fmt::print(
        "{}\n", agree ? fmt::format(
                            "Apple holds what {} events demanded of {} accounts; {} dead letters, as many as "
                            "deserve one.",
                            plan.records.size(), plan.accounts.size(), owed)
                      : "The demo FAILED.");
    return agree;
}

// The one built beside this program; installed, it is on the path.
std::string program_for_letters() {
    std::error_code unknown;
    const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path();
    const std::filesystem::path beside = here.parent_path() / "app" / "autosignin-worker";
    return std::filesystem::exists(beside, unknown) ? beside.string() : "autosignin-worker";
}

void invite(const sim::Plan& plan, const Scene& scene, std::uint16_t port) {
    const sim::PlannedAccount* anna = &plan.accounts.front();
    for (const sim::PlannedAccount& account : plan.accounts) {
        if (account.last_value) {
            anna = &account;
            break;
        }
    }
    fmt::print(
        "\nEverything keeps running until Ctrl-C.\n"
        "  broker   {0}\n  admin    http://127.0.0.1:{1}/  /metrics  /status  /readyz  /livez\n  config   "
        "{2}\n  log      {7}\n"
        "  people   curl -s --cacert {8} {9}/state\n\n"
        "Send an event by hand (kcat is a Debian package), and see its receipt:\n\n"
        "  echo "
        "'{{\"specversion\":\"1.0\",\"id\":\"by-hand-1\",\"source\":\"/"
        "me\",\"type\":\"account.opted-out.v1\","
        "\"subject\":\"{3}\",\"time\":\"'$(date -u +%FT%TZ)'\",\"data\":{{\"app\":\"{4}\","
        "\"sign_in_tokens\":[{{\"value\":\"{5}\"}}]}}}}' |\n"
        "    kcat -b {0} -P -t account-events -k {3} -H content-type=application/cloudevents+json\n"
        "  sleep 1; kcat -b {0} -C -t {6} -o beginning -e -q | grep by-hand-1\n"
        "  curl -s http://127.0.0.1:{1}/metrics | grep 'autosignin_events_total'\n\n"
        "What cannot be executed, such as a misspelt type, becomes a dead letter:\n\n"
        "  {10} dead-letters list -c {2}\n",
        scene.bootstrap(), port, scene.config_file().string(), anna->name, sim::app_name(anna->app),
        anna->last_value.value_or("a-value"), receipts_topic.name, scene.log_file().string(),
        scene.ca_file().string(), scene.front_desk_url(), program_for_letters());
    std::fflush(stdout);
}

void announce(const sim::Plan& plan, const DemoOptions& options) {
    const auto backlog = std::count_if(plan.records.begin(), plan.records.end(), [](const auto& record) {
        return record.produced == common::Duration{};
    });
    fmt::print(
        "{} events for {} accounts over {} s{} (seed {}).\n{}\n", plan.records.size(), plan.accounts.size(),
        options.seconds, backlog == 0 ? "" : fmt::format(", {} of them as a backlog at the start", backlog),
        options.seed,
        options.calm ? "Apple answers everything, as on a quiet day."
                     : "Apple throttles, fails, refuses a credential and loses answers meanwhile.");
    std::fflush(stdout);
}

int cannot_start(const std::string& message) {
    fmt::print(stderr, "autosignin-dev: cannot start: {}\n", message);
    return static_cast<int>(app::ExitCode::cannot_start);
}

}  // namespace

int demo(const DemoOptions& options) {
    StopSignal stop;  // before there is any other thread
    adapters::reactor::SystemClock clock;
    const sim::Plan draft = plan_of(options, clock.now().wall);
    auto scene = Scene::set(draft, options.seed);
    if (!scene) {
        return cannot_start(scene.error().message);
    }
    const app::Loaded loaded = app::load(
        (*scene)->config_file().string(), {{"AUTOSIGNIN_ADMIN__PORT", std::to_string(options.admin_port)}});
    if (!loaded.config) {
        return cannot_start(app::render(loaded.report));
    }
    LogFile log{(*scene)->log_file()};
    auto made = app::Worker::create(
        *loaded.config, {.signals = adapters::reactor::Signals::leave, .journal = &log.journal()});
    if (!made) {
        return cannot_start(made.error().message);
    }
    announce(draft, options);
    RunningWorker worker{std::move(*made)};
    Tally tally{(*scene)->bootstrap(), receipts_topic, dead_letter_topic};
    while (!worker.over() && !stop.came() && !is_ready(worker.port())) {
        stop.wait(pause);
    }
    // The same events with the times at which they are really sent: the first join took seconds.
    const sim::Plan plan = plan_of(options, clock.now().wall);
    const Played played = stop.came() ? Played::stopped : play(plan, **scene, tally, worker, options, stop);
    if (played == Played::stopped) {
        fmt::print("stopped before the end, no verdict\n");
        std::fflush(stdout);
        static_cast<void>(worker.stop());
        return stop.exit_code();
    }
    bool good = verdict(plan, **scene, tally) && played == Played::settled;
    good = good && work_off_letters(*loaded.config, plan, **scene, tally, stop);
    if (stop.came()) {
        static_cast<void>(worker.stop());
        return stop.exit_code();
    }
    if (options.keep && !worker.over()) {
        invite(plan, **scene, worker.port());
        while (!worker.over() && !stop.wait(1s)) {
        }
    }
    const app::ExitCode code = worker.stop();
    if (code != app::ExitCode::ok) {
        fmt::print("The worker ended with code {}.\n", static_cast<int>(code));
        good = false;
    }
    if (!good) {
        log.print_end();
    }
    return good ? 0 : 1;
}

}  // namespace dev
