#include "tests/simulation/replay.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <string_view>
#include <utility>

#include "tests/simulation/arguments.hpp"
#include "tests/simulation/shrink.hpp"

namespace simulation {

namespace {

constexpr std::size_t tries_max = 20'000;
constexpr std::size_t bytes_usual = 1U << 16U;
constexpr std::size_t lines_before = 6;

// The same choices, with a line for each.
sim::Choices observed(sim::Choices choices, const sim::Trace::Out& out) {
    return sim::Choices{[choices = std::move(choices), &out](sim::Draw draw, std::uint64_t bound) mutable {
        constexpr std::string_view names[] = {"number", "chance", "wait"};
        const std::uint64_t value = choices.answer(draw, bound);
        out(fmt::format(
            "  ? choice {}: {} below {} is {}", choices.drawn(), names[static_cast<std::size_t>(draw)], bound,
            value));
        return value;
    }};
}

std::string hash_line(std::uint64_t seed) {
    const Report report = run_seed(seed);
    return fmt::format("{} {:016x} {}", seed, report.trace_hash, report.bytes_read);
}

// What another build of this program prints.
class Other {
public:
    explicit Other(const std::string& command) : pipe_{popen(command.c_str(), "r"), pclose} {}

    // The next line; none at the end.
    std::optional<std::string> line() {
        std::string text;
        for (int byte = 0; pipe_ && (byte = std::fgetc(pipe_.get())) != EOF;) {
            if (byte == '\n') {
                return text;
            }
            text += static_cast<char>(byte);
        }
        return text.empty() ? std::nullopt : std::optional{text};
    }

private:
    std::unique_ptr<FILE, int (*)(FILE*)> pipe_;
};

int print_divergence(const std::string& other, std::uint64_t seed) {
    Other theirs{fmt::format("'{}' --seed {} --trace --draws", other, seed)};
    std::deque<std::string> before;
    bool same = true;
    const auto compare = [&](std::string_view ours) {
        if (!same) {
            return;
        }
        const std::optional<std::string> line = theirs.line();
        same = line == ours;
        if (same) {
            before.push_back(*line);
            if (before.size() > lines_before) {
                before.pop_front();
            }
            return;
        }
        for (const std::string& equal : before) {
            fmt::print("  {}\n", equal);
        }
        fmt::print("here {}\nthere {}\n", ours, line.value_or("nothing"));
    };
    fmt::print("seed {} has another trace in {}; where they part:\n", seed, other);
    replay({.seed = seed}, {.trace = true, .draws = true}, [&](std::string_view text) {
        for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
            end = text.find('\n');
            compare(text.substr(0, end));
            if (end == std::string_view::npos) {
                return;
            }
        }
    });
    if (same) {
        fmt::print("nowhere: one of them does not repeat itself\n");
    }
    return 1;
}

}  // namespace

sim::Choices Origin::choices() const {
    return seed ? sim::Choices{*seed} : sim::Choices{bytes};
}

std::string Origin::option() const {
    if (seed) {
        return fmt::format("--seed {}", *seed);
    }
    return fmt::format("--bytes {}", bytes.empty() ? "''" : to_hex(bytes));
}

Report replay(const Origin& origin, Shown shown, const sim::Trace::Out& out) {
    if (shown.trace) {
        out(sim::trace_legend);
    }
    const Report report =
        World{
            {.choices = shown.draws ? observed(origin.choices(), out) : origin.choices()},
            shown.trace ? out : sim::Trace::Out{}}
            .run();
    out(fmt::format(
        "{}: {}\n{} turns, {} transitions, {:.1f} s of virtual time, trace {:016x}", origin.option(),
        report.swarm, report.turns, report.trace_lines, common::seconds(report.virtual_time),
        report.trace_hash));
    return report;
}

int print_shrunk(const Origin& origin) {
    const auto ending = [](const Origin& world) {
        return ending_apart([&] { return World{{.choices = world.choices()}}.run(); });
    };
    const std::string wanted = ending(origin);
    if (wanted == ending_of({})) {
        fmt::print("{} {}: there is nothing to shrink\n", origin.option(), wanted);
        return 0;
    }
    Origin world{.bytes = origin.bytes};
    if (origin.seed) {
        // A run that dies does not tell how many bytes it took.
        std::size_t count = bytes_usual;
        do {
            world.bytes = sim::bytes_of_seed(*origin.seed, count);
            count *= 2;
        } while (ending(world) != wanted);
    }
    const Shrunk shrunk = shrink(
        world.bytes, [&](const std::string& bytes) { return ending({.bytes = bytes}) == wanted; }, tries_max);
    world.bytes = shrunk.bytes;
    fmt::print(
        "{}: {}\nshrunk to {} bytes in {} tries; it still does the same:\n", origin.option(), wanted,
        world.bytes.size(), shrunk.tried);
    std::fflush(stdout);
    const Report report =
        replay(world, {.trace = true}, [](std::string_view line) { fmt::print("{}\n", line); });
    if (report.broken) {
        print_failure(report, world.option());
    }
    return 1;
}

void print_hashes(const Order& order) {
    for (std::uint64_t seed = order.from; seed - order.from < order.seeds.value_or(0); ++seed) {
        fmt::print("{}\n", hash_line(seed));
    }
}

int agree(const std::string& other, const Order& order) {
    const std::uint64_t seeds = order.seeds.value_or(0);
    Other theirs{fmt::format("'{}' --hashes --from {} --seeds {}", other, order.from, seeds)};
    for (std::uint64_t seed = order.from; seed - order.from < seeds; ++seed) {
        const std::string our_line = hash_line(seed);
        if (theirs.line() != our_line) {
            return print_divergence(other, seed);
        }
    }
    fmt::print("{} seeds have the same traces here and in {}\n", seeds, other);
    return 0;
}

}  // namespace simulation
