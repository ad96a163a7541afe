#include "tests/simulation/crew.hpp"

#include <fmt/format.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace simulation {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto glance = 50ms;
constexpr auto between_reports = 10s;
// Many thousand times what a seed takes, also under sanitizers.
constexpr auto seed_takes_at_most = 300s;
constexpr unsigned jobs_max = 256;

// What the processes share. Each lane is written by one of them and read by the parent.
struct Lane {
    std::atomic<std::uint64_t> running{0};  // 0: between two seeds
    std::atomic<std::uint64_t> done{0};
    std::atomic<std::uint64_t> failed{0};
    Probes probes{};  // read once the process has ended
    sim::InputCounts inputs{};
};
struct Board {
    std::atomic<std::uint64_t> next{0};
    std::atomic<bool> stop{false};
    std::array<Lane, jobs_max> lanes{};
};
static_assert(std::is_trivially_copyable_v<Probes>, "probes go through shared memory");

void add_inputs(sim::InputCounts& sum, const sim::InputCounts& more) {
    std::transform(sum.begin(), sum.end(), more.begin(), sum.begin(), std::plus{});
}

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "an atomic between processes must be");

volatile std::sig_atomic_t interrupted = 0;

extern "C" void interrupt(int) {
    interrupted = 1;
}

class Crew {
public:
    Crew(const Order& order, const std::function<Report(std::uint64_t)>& run)
        : order_{order}, run_{run}, board_{*make_board()} {
        board_.next = order.from;
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        members_.resize(std::min(order.jobs == 0 ? cores : order.jobs, jobs_max));
    }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    ~Crew() { munmap(&board_, sizeof(Board)); }

    Tally work() {
        const auto restored = std::signal(SIGINT, interrupt);
        started_ = Clock::now();
        for (std::size_t index = 0; index < members_.size(); ++index) {
            start(index);
        }
        while (at_work_ > 0) {
            std::this_thread::sleep_for(glance);
            watch();
            if (interrupted != 0 || (!order_.seeds && failed() > 0)) {
                board_.stop = true;
            }
            if (!order_.seeds && Clock::now() - reported_ >= between_reports) {
                report();
            }
        }
        std::signal(SIGINT, restored);
        Tally tally{.done = done(), .failed = failed(), .seconds = elapsed()};
        for (std::size_t index = 0; index < members_.size(); ++index) {
            add(tally.probes, board_.lanes[index].probes);
            add_inputs(tally.inputs, board_.lanes[index].inputs);
        }
        return tally;
    }

private:
    struct Member {
        pid_t pid = 0;  // 0: has gone home
        std::uint64_t seen = 0;
        Clock::time_point since{};  // `seen` runs
    };

    static Board* make_board() {
        void* memory =
            mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::perror("mmap");
            std::exit(2);
        }
        return new (memory) Board;
    }

    void start(std::size_t index) {
        std::fflush(nullptr);
        const pid_t pid = fork();
        if (pid < 0) {
            std::perror("fork");
            std::exit(2);
        }
        if (pid == 0) {
            static_cast<void>(prctl(PR_SET_PDEATHSIG, SIGKILL));  // nobody is left to read what it finds
            std::signal(SIGINT, SIG_IGN);                         // the parent decides
            labour(board_.lanes[index]);
            std::exit(0);
        }
        members_[index] = {.pid = pid, .since = Clock::now()};
        ++at_work_;
    }

    void labour(Lane& lane) {
        while (!board_.stop) {
            const std::uint64_t seed = board_.next++;
            if (order_.seeds && seed - order_.from >= *order_.seeds) {
                return;
            }
            lane.running = seed;
            const Report report = run_(seed);
            add(lane.probes, report.probes);
            add_inputs(lane.inputs, report.inputs);
            if (report.broken) {
                print_failure(report, fmt::format("--seed {}", seed));
                ++lane.failed;
            }
            ++lane.done;
            lane.running = 0;
        }
    }

    void watch() {
        for (std::size_t index = 0; index < members_.size(); ++index) {
            Member& member = members_[index];
            if (member.pid == 0) {
                continue;
            }
            Lane& lane = board_.lanes[index];
            if (const std::uint64_t running = lane.running; running != member.seen) {
                member.seen = running;
                member.since = Clock::now();
            } else if (running != 0 && Clock::now() - member.since > seed_takes_at_most) {
                fmt::print("--seed {} has not ended after {} s\n", running, seed_takes_at_most.count());
                kill(member.pid, SIGKILL);
            }
            int status = 0;
            if (waitpid(member.pid, &status, WNOHANG) == member.pid) {
                member.pid = 0;
                --at_work_;
                ended(index, lane, status);
            }
        }
    }

    // A sanitizer ends a process with an exit code of its own.
    void ended(std::size_t index, Lane& lane, int status) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            return;
        }
        const std::string how = WIFSIGNALED(status)
                                    ? fmt::format("died of signal {}", WTERMSIG(status))
                                    : fmt::format("ended its process with {}", WEXITSTATUS(status));
        const std::uint64_t seed = lane.running.exchange(0);
        if (seed == 0) {
            fmt::print("a process {} after its last seed\n", how);
        } else {
            fmt::print(
                "--seed {0} {1}\n    ./tests/run simulation --seed {0} --trace\n"
                "    ./tests/run simulation --seed {0} --shrink\n",
                seed, how);
            ++lane.done;
        }
        std::fflush(stdout);
        ++lane.failed;
        if (seed != 0 && order_.seeds && !board_.stop) {
            start(index);
        }
    }

    void report() {
        reported_ = Clock::now();
        fmt::print(
            "{} seeds, {} failed, {:.0f} seeds/s\n", done(), failed(),
            static_cast<double>(done()) / elapsed());
        std::fflush(stdout);
    }

    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }
    [[nodiscard]] std::uint64_t sum(std::atomic<std::uint64_t> Lane::*of) const {
        std::uint64_t sum = 0;
        for (std::size_t index = 0; index < members_.size(); ++index) {
            sum += (board_.lanes[index].*of).load();
        }
        return sum;
    }
    [[nodiscard]] std::uint64_t done() const { return sum(&Lane::done); }
    [[nodiscard]] std::uint64_t failed() const { return sum(&Lane::failed); }

    const Order& order_;
    const std::function<Report(std::uint64_t)>& run_;
    Board& board_;
    std::vector<Member> members_;
    std::size_t at_work_ = 0;
    Clock::time_point started_{};
    Clock::time_point reported_ = Clock::now();
};

}  // namespace

Tally run_crew(const Order& order, const std::function<Report(std::uint64_t seed)>& run) {
    return Crew{order, run}.work();
}

void print_failure(const Report& report, const std::string& which) {
    // One write, so that two processes do not mix their lines.
    const std::string text = fmt::format(
        "{} broke the promise {}: {}\n    {}\n    ./tests/run simulation {} --trace\n"
        "    ./tests/run simulation {} --shrink\n",
        which, sim::promise_name(report.broken->promise), report.broken->seen, report.swarm, which, which);
    std::fflush(stdout);
    for (std::size_t written = 0; written < text.size();) {
        const ssize_t count = write(STDOUT_FILENO, text.data() + written, text.size() - written);
        if (count < 0 && errno != EINTR) {
            return;
        }
        written += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
}

}  // namespace simulation
