// The whole worker -- the program that goes to production, in a process of its own -- against real servers,
// and h2load against the same servers in turn. See README.md for what is measured and why.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/delay_server.hpp"
#include "tests/bench/events_in_kafka.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/servers.hpp"
#include "tests/bench/worker_process.hpp"
#include "tests/kafka/require.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

struct Options {
    std::filesystem::path worker;
    std::filesystem::path folder;
    bool quick = false;
    std::string only;

    [[nodiscard]] int rounds() const { return quick ? 2 : 5; }
    [[nodiscard]] std::size_t events(std::size_t full) const { return quick ? full / 2 : full; }
};

struct Bench {
    const Options& options;
    const dev::Certificates& certificates;
    DelayServer& delayed;
    Figures& figures;

    [[nodiscard]] WorkerSettings worker(
        const EventsInKafka& events, std::uint16_t port, std::size_t in_flight,
        std::size_t connections) const {
        return {options.worker,
                options.folder / "worker",
                certificates.ca_file,
                events.bootstrap(),
                port,
                in_flight,
                connections};
    }
};

struct Speed {
    double commands_a_second = 0;
    double cpu_microseconds = 0;  // of the worker, a command
};

// Between the first tenth and the last tenth of the events, so that neither the join of the group nor the
// tail counts.
Speed steady_speed(const WorkerProcess& worker, std::size_t events) {
    const auto total = static_cast<double>(events);
    WorkerProcess::Progress first;
    WorkerProcess::Progress last;
    const bool done = lane::until(
        [&] {
            const WorkerProcess::Progress seen = worker.progress();
            if (first.commands == 0 && seen.commands > 0.1 * total) {
                first = seen;
            }
            if (seen.commands <= 0.9 * total) {
                last = seen;
            }
            std::this_thread::sleep_for(30ms);
            return seen.commands >= total;
        },
        180s);
    lane::require(done, "the worker did not get through its events");
    const double commands = last.commands - first.commands;
    lane::require(commands > 0.4 * total, "too few samples: more events are needed for a figure");
    return {
        commands / std::chrono::duration<double>(last.at - first.at).count(),
        (last.cpu_seconds - first.cpu_seconds) * 1e6 / commands};
}

Speed run_once(
    const Bench& bench, std::uint16_t port, std::size_t count, std::size_t in_flight,
    std::size_t connections) {
    const EventsInKafka events{count};
    WorkerProcess worker{bench.worker(events, port, in_flight, connections)};
    const Speed speed = steady_speed(worker, count);
    worker.drain();
    return speed;
}

// The worker and h2load in turn against one server that answers at once.
void against(
    Bench& bench, const std::string& name, std::uint16_t port, const Load& load, double ratio_target,
    double cpu_target) {
    std::vector<double> reference;
    std::vector<double> speed;
    std::vector<double> ratio;
    std::vector<double> cpu;
    for (int round = 0; round < bench.options.rounds(); ++round) {
        reference.push_back(h2load(bench.options.folder, port, load));
        const auto in_flight = static_cast<std::size_t>(load.connections * load.streams);
        const Speed worker = run_once(
            bench, port, bench.options.events(400'000), in_flight,
            static_cast<std::size_t>(load.connections));
        speed.push_back(worker.commands_a_second);
        cpu.push_back(worker.cpu_microseconds);
        ratio.push_back(speed.back() / reference.back());
    }
    bench.figures.add(name + ".h2load", reference, "requests/s");
    bench.figures.add(name + ".worker", speed, "commands/s");
    bench.figures.add(name + ".ratio", ratio, "of h2load", at_least(ratio_target));
    bench.figures.add(name + ".cpu", cpu, "us CPU an event", at_most(cpu_target));
}

void nginx(Bench& bench) {
    const Server server = start_nginx(bench.options.folder, bench.certificates);
    against(bench, "nginx", server.port, {bench.options.events(400'000), 1, 100}, 0.9, 8);
}

void nghttpd(Bench& bench) {
    const Server server = start_nghttpd(bench.options.folder, bench.certificates);
    against(bench, "nghttpd", server.port, {bench.options.events(1'000'000), 4, 100}, 0.45, 6);
}

// 50 ms from request to answer: what holds then is how many commands can be on their way at once.
void delayed(Bench& bench, std::size_t in_flight, std::size_t count) {
    bench.delayed.delay(50ms);
    const double ideal = static_cast<double>(in_flight) / 0.05;
    std::vector<double> reference;
    std::vector<double> speed;
    std::vector<double> cpu;
    for (int round = 0; round < bench.options.rounds(); ++round) {
        reference.push_back(
            h2load(bench.options.folder, bench.delayed.port(), {count, 4, static_cast<int>(in_flight / 4)}));
        const Speed worker = run_once(bench, bench.delayed.port(), count, in_flight, 4);
        speed.push_back(worker.commands_a_second);
        cpu.push_back(worker.cpu_microseconds);
    }
    const std::string name = fmt::format("delay50ms.{}", in_flight);
    bench.figures.add(name + ".h2load", reference, "requests/s");
    bench.figures.add(name + ".worker", speed, "commands/s", at_least(0.9 * ideal));
    bench.figures.add(name + ".cpu", cpu, "us CPU an event");
}

void delayed_both(Bench& bench) {
    delayed(bench, 1000, bench.options.events(100'000));
    delayed(bench, 4000, bench.options.events(400'000));
}

// An answer takes so long that 10,000 requests are really under way; a backlog waits behind them.
void memory(Bench& bench) {
    constexpr std::size_t in_flight = 10'000;
    bench.delayed.delay(1s);
    std::vector<double> peak;
    for (int round = 0; round < bench.options.rounds(); ++round) {
        const EventsInKafka events{60'000};
        WorkerSettings settings = bench.worker(events, bench.delayed.port(), in_flight, in_flight / 1000);
        settings.fetched_ahead_kib = 0;
        WorkerProcess worker{settings};
        std::uint64_t most = 0;
        const bool done = lane::until(
            [&] {
                most = std::max(most, bench.delayed.in_flight());
                return worker.progress().commands >= static_cast<double>(events.count());
            },
            120s);
        lane::require(done && most > in_flight * 95 / 100, fmt::format("only {} were in flight", most));
        peak.push_back(worker.peak_mib());
        worker.drain();
    }
    bench.figures.add("memory.10000_in_flight", peak, "MiB peak resident", at_most(60));
}

// Kills the worker in the middle of its work and starts another one: how many requests are sent twice.
void crash(Bench& bench) {
    constexpr std::size_t in_flight = 1000;
    constexpr double a_second = in_flight / 0.05;
    bench.delayed.delay(50ms);
    std::vector<double> repeated;
    for (int round = 0; round < bench.options.rounds(); ++round) {
        const EventsInKafka events{bench.options.events(100'000)};
        const std::uint64_t before = bench.delayed.requests();
        const auto received = [&] { return bench.delayed.requests() - before; };
        const WorkerSettings settings = bench.worker(events, bench.delayed.port(), in_flight, 4);
        WorkerProcess first{settings};
        // Not at a round number: commits come every 100 ms, and no moment between two of them is special.
        const std::size_t moment = events.count() * 2 / 5 + static_cast<std::size_t>(round) * 531;
        lane::require(lane::until([&] { return received() > moment; }, 60s), "the worker sends nothing");
        first.kill_now();
        WorkerProcess second{settings};
        std::uint64_t seen = 0;
        int quiet = 0;  // the events are through when nothing came for two seconds
        const bool done = lane::until(
            [&] {
                quiet = received() == seen ? quiet + 1 : 0;
                seen = received();
                std::this_thread::sleep_for(80ms);
                return seen >= events.count() && quiet > 20;
            },
            120s);
        lane::require(done, "the second worker did not finish the work of the first");
        second.drain();
        repeated.push_back(static_cast<double>(received() - events.count()));
    }
    bench.figures.add("crash.repeated_commands", repeated, "commands", at_most(in_flight + 0.2 * a_second));
}

struct Scenario {
    const char* name;
    void (*run)(Bench&);
};
constexpr Scenario scenarios[] = {
    {"nginx", nginx}, {"nghttpd", nghttpd}, {"delay", delayed_both}, {"memory", memory}, {"crash", crash}};

int run_all(const Options& options) {
    std::filesystem::create_directories(options.folder);
    const auto certificates = dev::write_certificates(options.folder / "certificates");
    lane::require(static_cast<bool>(certificates), "cannot make certificates");
    DelayServer delay_server{*certificates};  // forks, so before anything that has threads
    Figures figures{options.folder / "results.jsonl"};
    Bench bench{options, *certificates, delay_server, figures};
    for (const Scenario& scenario : scenarios) {
        if (options.only.empty() || options.only == scenario.name) {
            scenario.run(bench);
        }
    }
    fmt::print("{} targets missed\n", figures.missed());
    return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    bench::Options options;
    CLI::App program{"Measures the whole worker against nginx, nghttpd and a server with 50 ms delay."};
    program.add_option("--worker", options.worker, "The program autosignin-worker")->required();
    program.add_option("--folder", options.folder, "For generated files and results.jsonl")->required();
    program.add_flag("--quick", options.quick, "Fewer rounds and events");
    program.add_option("--only", options.only, "nginx, nghttpd, delay, memory or crash")
        ->check(CLI::IsMember({"nginx", "nghttpd", "delay", "memory", "crash"}));
    CLI11_PARSE(program, argc, argv);
    try {
        return bench::run_all(options);
    } catch (const lane::Failed& failed) {
        fmt::print(stderr, "bench: {}\n", failed.what());
        return 1;
    }
}
