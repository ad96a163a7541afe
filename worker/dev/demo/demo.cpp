#include "worker/dev/demo/demo.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "worker/adapters/log/log_journal.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/config/load.hpp"
#include "worker/app/worker.hpp"
#include "worker/dev/demo/report.hpp"
#include "worker/dev/demo/scene.hpp"
#include "worker/dev/demo/sender.hpp"
#include "worker/dev/demo/status.hpp"
#include "worker/dev/demo/tally.hpp"
#include "worker/sim/swarm.hpp"

namespace dev {

namespace {

using namespace std::chrono_literals;

sim::Plan plan_of(const DemoOptions& options, common::WallTime start) {
    sim::Swarm swarm;
    swarm.partitions = 6;
    swarm.accounts = std::max<std::size_t>(20, options.events / 4);
    swarm.records = options.events;
    swarm.apps = demo_apps;
    swarm.calm_after = std::chrono::seconds{options.seconds};
    swarm.poison = true;
    swarm.poison_percent = 1;
    swarm.invalid_records = true;
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
    void wait_for_a_signal() {
        if (thread_.joinable()) {
            thread_.join();
        }
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

// One line that is rewritten on a terminal, one line every two seconds in a pipe.
class Progress {
public:
    explicit Progress(std::size_t events) : events_{events}, terminal_{isatty(STDOUT_FILENO) == 1} {}

    void show(const Tally& tally, std::size_t sent, std::uint16_t port, common::Instant now) {
        if (now < next_) {
            return;
        }
        next_ = now + (terminal_ ? 200ms : 2000ms);
        const WorkerStatus status = ask_status(port).value_or(WorkerStatus{});
        std::string line = fmt::format(
            "sent {}/{}  settled {}  executed {}  in flight {}  retrying {}  held {}  dead letters {}  "
            "oldest "
            "unexecuted {:.1f} s{}",
            sent, events_, tally.events(), tally.executed(), status.in_flight, status.retrying, status.held,
            tally.dead_letters(), status.oldest_unexecuted_seconds.value_or(0), status.trouble);
        winsize window{};
        if (terminal_ && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
            line = line.substr(0, window.ws_col - 1U);  // a line that wraps cannot be rewritten
        }
        fmt::print("{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n");
        std::fflush(stdout);
    }
    void end() const {
        if (terminal_) {
            fmt::print("\n");
        }
    }

private:
    std::size_t events_;
    bool terminal_;
    common::Instant next_{};
};

void nap() {
    // Paces the display; nothing depends on it.
    poll(nullptr, 0, 10);
}

// Sends the plan's events and waits until each has its receipt; false when that took too long.
bool play(
    const sim::Plan& plan, Scene& scene, Tally& tally, RunningWorker& worker, const DemoOptions& options) {
    adapters::reactor::SystemClock clock;
    Sender sender{scene.bootstrap(), plan};
    Progress progress{plan.records.size()};
    const common::Instant start = clock.now().steady;
    const common::Duration length = std::chrono::seconds{options.seconds};
    scene.start_trouble(length);
    std::size_t signed_in = 0;
    while (!worker.over()) {
        const common::Instant now = clock.now().steady;
        // A person's new value is at Apple before the event that names it can be.
        while (signed_in < plan.sign_ins.size() && plan.sign_ins[signed_in].at <= now - start) {
            const sim::PlannedSignIn& person = plan.sign_ins[signed_in++];
            scene.sign_in(plan.accounts[person.account], person.value);
        }
        sender.send_due(now - start);
        tally.read();
        progress.show(tally, sender.sent(), worker.port(), now);
        if (sender.all_sent() && tally.events() == plan.records.size()) {
            progress.end();
            return true;
        }
        if (now - start > length + 90s) {
            break;
        }
        nap();
    }
    progress.end();
    return false;
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
    fmt::print(
        "{}\n", agree ? fmt::format(
                            "Apple holds what {} events demanded of {} accounts; {} dead letters, as many as "
                            "deserve one.",
                            plan.records.size(), plan.accounts.size(), owed)
                      : "The demo FAILED.");
    return agree;
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
        "  broker   {0}\n  admin    http://127.0.0.1:{1}/metrics  /status  /readyz  /livez\n  config   "
        "{2}\n  log      {8}\n\n"
        "Send an event by hand (kcat is a Debian package), and see its receipt:\n\n"
        "  echo "
        "'{{\"specversion\":\"1.0\",\"id\":\"by-hand-1\",\"source\":\"/"
        "me\",\"type\":\"account.opted-out.v1\","
        "\"subject\":\"{3}\",\"time\":\"{4:%Y-%m-%dT%H:%M:%S}Z\",\"data\":{{\"app\":\"{5}\","
        "\"sign_in_tokens\":[{{\"value\":\"{6}\"}}]}}}}' |\n"
        "    kcat -b {0} -P -t account-events -k {3} -H content-type=application/cloudevents+json\n"
        "  sleep 1; kcat -b {0} -C -t {7} -o beginning -e -q | grep by-hand-1\n"
        "  curl -s http://127.0.0.1:{1}/metrics | grep 'autosignin_events_total'\n",
        scene.bootstrap(), port, scene.config_file().string(), anna->name,
        fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
        sim::app_name(anna->app), anna->last_value.value_or("a-value"), receipts_topic.name,
        scene.log_file().string());
    std::fflush(stdout);
}

}  // namespace

int demo(const DemoOptions& options) {
    // Before there is any other thread: all inherit it, and the worker's reactor alone takes the signals.
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, nullptr);
    adapters::reactor::SystemClock clock;
    const sim::Plan draft = plan_of(options, clock.now().wall);
    auto scene = Scene::set(draft, options.seed);
    if (!scene) {
        fmt::print(stderr, "{}\n", scene.error().message);
        return 1;
    }
    const app::Loaded loaded = app::load((*scene)->config_file().string(), {});
    if (!loaded.config) {
        fmt::print(stderr, "{}\n", app::render(loaded.report));
        return 1;
    }
    LogFile log{(*scene)->log_file()};
    auto made = app::Worker::create(*loaded.config, {.journal = &log.journal()});
    if (!made) {
        fmt::print(stderr, "{}\n", made.error().message);
        return 1;
    }
    fmt::print(
        "{} events for {} accounts over {} s; Apple throttles, fails, refuses a credential and loses answers "
        "meanwhile "
        "(seed {}).\n",
        draft.records.size(), draft.accounts.size(), options.seconds, options.seed);
    std::fflush(stdout);
    RunningWorker worker{std::move(*made)};
    Tally tally{(*scene)->bootstrap(), receipts_topic, dead_letter_topic};
    while (!worker.over() && !is_ready(worker.port())) {
        nap();
    }
    // The same events with the times at which they are really sent: the first join took seconds.
    const sim::Plan plan = plan_of(options, clock.now().wall);
    const bool settled = play(plan, **scene, tally, worker, options);
    bool good = verdict(plan, **scene, tally) && settled;
    if (options.keep && !worker.over()) {
        invite(plan, **scene, worker.port());
        worker.wait_for_a_signal();
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
