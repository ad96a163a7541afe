// soak --worker PROGRAM --folder FOLDER [--minutes N] [--rate EVENTS_A_SECOND]
//
// One worker for a long time under a steady load while every trouble comes and goes. Fails when anything
// grows that should not: memory, file descriptors, lanes; or when an event is not settled once the troubles
// are over. Writes samples.csv and soak.svg into the folder.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/kafka/require.hpp"
#include "tests/kafka/worker_process.hpp"
#include "tests/soak/chart.hpp"
#include "tests/soak/world.hpp"

namespace soak {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
    std::string worker;
    std::string folder;
    std::size_t minutes = 60;
    std::size_t rate = 200;
};

double resident_mib(pid_t process) {
    std::ifstream status{fmt::format("/proc/{}/status", process)};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    throw lane::Failed{"the worker ended early"};
}

double open_files(pid_t process) {
    const std::filesystem::directory_iterator all{fmt::format("/proc/{}/fd", process)};
    return static_cast<double>(std::distance(begin(all), end(all)));
}

class Samples {
public:
    void take(const lane::WorkerProcess& worker, double seconds, std::size_t sent) {
        const lane::WorkerProcess::Page page = worker.get("/metrics");
        lane::require(page.status == 200, "the worker shows no metrics");
        const auto value = [&](const char* series) { return lane::series_value(page.body, series); };
        seconds_.push_back(seconds);
        const double receipts = value("autosignin_receipts_total");
        const double before = receipts_;
        receipts_ = receipts;
        const double elapsed = seconds_.size() < 2 ? 1 : seconds - seconds_[seconds_.size() - 2];
        const double now[] = {
            resident_mib(worker.child().pid()),
            open_files(worker.child().pid()),
            (receipts - before) / elapsed,
            value("autosignin_lanes_open"),
            value("autosignin_records_buffered"),
            value("autosignin_stores_in_flight"),
            value("autosignin_oldest_unexecuted_seconds{state=\"received\"}"),
            static_cast<double>(sent) - receipts};
        for (std::size_t at = 0; at < series_.size(); ++at) {
            series_[at].values.push_back(now[at]);
        }
    }

    [[nodiscard]] double settled() const noexcept { return receipts_; }
    // The middle value of a series between two shares of the run.
    [[nodiscard]] double median(std::size_t series, double from, double to) const {
        std::vector<double> part;
        for (std::size_t at = 0; at < seconds_.size(); ++at) {
            const double share = static_cast<double>(at) / static_cast<double>(seconds_.size());
            if (share >= from && share < to) {
                part.push_back(series_[series].values[at]);
            }
        }
        lane::require(!part.empty(), "too few samples: let it run for longer");
        std::sort(part.begin(), part.end());
        return part[part.size() / 2];
    }
    [[nodiscard]] double last(std::size_t series) const { return series_[series].values.back(); }

    void write(const std::filesystem::path& folder) const {
        write_chart(folder / "soak.svg", seconds_, series_);
        std::ofstream csv{folder / "samples.csv"};
        csv << "seconds";
        for (const Series& series : series_) {
            csv << ',' << series.name;
        }
        for (std::size_t at = 0; at < seconds_.size(); ++at) {
            csv << '\n' << seconds_[at];
            for (const Series& series : series_) {
                csv << ',' << series.values[at];
            }
        }
        csv << '\n';
    }

    static constexpr std::size_t resident = 0;
    static constexpr std::size_t files = 1;
    static constexpr std::size_t lanes = 3;
    static constexpr std::size_t buffered = 4;

private:
    std::vector<double> seconds_;
    double receipts_ = 0;
    std::vector<Series> series_{{"resident MiB"},        {"file descriptors"},  {"receipts a second"},
                                {"lanes open"},          {"records buffered"},  {"stores in flight"},
                                {"oldest unexecuted s"}, {"events not settled"}};
};

void check(const Samples& samples, std::size_t sent) {
    // The first quarter warms up. What grows with time shows in the last one, whatever the troubles do.
    const double early = samples.median(Samples::resident, 0.25, 0.5);
    const double late = samples.median(Samples::resident, 0.75, 1);
    const double files_early = samples.median(Samples::files, 0.25, 0.5);
    const double files_late = samples.last(Samples::files);
    fmt::print(
        "resident {:.1f} MiB in the second quarter, {:.1f} in the last; file descriptors {:.0f}, {:.0f}\n",
        early, late, files_early, files_late);
    lane::require(late <= early * 1.1 + 4, "memory grew");
    lane::require(files_late <= files_early + 8, "file descriptors grew");
    lane::require(
        samples.last(Samples::lanes) == 0 && samples.last(Samples::buffered) == 0,
        "something is still held though nothing is left to do");
    lane::require(
        samples.settled() == static_cast<double>(sent),
        fmt::format("{} events were sent and {:.0f} receipts written", sent, samples.settled()));
}

int run(const Options& options) {
    World world{options.folder};
    lane::WorkerProcess worker{options.worker, world.config_file().string(), options.folder + "/worker.log"};
    worker.await([&] { return worker.ready(); }, 30s, "the worker is not ready");
    Samples samples;
    const Clock::time_point start = Clock::now();
    const auto since_start = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    const double length = static_cast<double>(options.minutes) * 60;
    std::size_t minute = SIZE_MAX;
    double next_sample = 0;
    const auto sample_if_due = [&] {
        if (since_start() >= next_sample) {
            samples.take(worker, since_start(), world.sent());
            next_sample += 5;
        }
        std::this_thread::sleep_for(50ms);
    };
    while (since_start() < length) {
        const double now = since_start();
        if (const auto this_minute = static_cast<std::size_t>(now / 60); this_minute != minute) {
            minute = this_minute;
            fmt::print(
                "minute {:>3}: {:<32} {:>8} sent {:>8.0f} settled\n", minute, world.begin_trouble(minute),
                world.sent(), samples.settled());
            std::fflush(stdout);
        }
        const auto due = static_cast<std::size_t>(now * static_cast<double>(options.rate));
        world.send(due > world.sent() ? due - world.sent() : 0);
        sample_if_due();
    }
    world.end_trouble();
    const double until = since_start() + 120;
    while (samples.settled() < static_cast<double>(world.sent()) && since_start() < until) {
        sample_if_due();
    }
    // The last receipt is counted before its record is forgotten.
    static_cast<void>(lane::until([&] { return worker.metric("autosignin_records_buffered") == 0; }, 10s));
    samples.take(worker, since_start(), world.sent());
    samples.write(options.folder);
    check(samples, world.sent());
    lane::require(worker.stop() == 0, "the worker did not drain cleanly");
    fmt::print(
        "{} minutes, {} events, nothing grew, nothing is missing; {}/soak.svg\n", options.minutes,
        world.sent(), options.folder);
    return 0;
}

}  // namespace
}  // namespace soak

int main(int argc, char** argv) {
    CLI::App program{"One worker for a long time, while every trouble comes and goes."};
    soak::Options options;
    program.add_option("--worker", options.worker, "the program")->required()->check(CLI::ExistingFile);
    program.add_option("--folder", options.folder, "for keys, logs, samples and the picture")->required();
    program.add_option("--minutes", options.minutes, "how long")->check(CLI::Range(1, 100'000));
    program.add_option("--rate", options.rate, "events a second")->check(CLI::Range(1, 10'000));
    CLI11_PARSE(program, argc, argv);
    try {
        return soak::run(options);
    } catch (const lane::Failed& failed) {
        fmt::print(stderr, "soak: {}\n", failed.what());
        return 1;
    }
}
