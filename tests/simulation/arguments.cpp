#include "tests/simulation/arguments.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>

namespace simulation {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<std::string> bytes(std::string_view text) {
    if (text.starts_with('@')) {
        std::ifstream file{std::string{text.substr(1)}, std::ios::binary};
        if (!file) {
            return std::nullopt;
        }
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    }
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const auto byte = number<unsigned char>(text.substr(at, 2), 16);
        if (!byte || at + 1 == text.size()) {
            return std::nullopt;
        }
        bytes += static_cast<char>(*byte);
    }
    return bytes;
}

// Every soak sees worlds that no other has seen.
std::uint64_t seed_of_today() {
    return static_cast<std::uint64_t>(
               std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())) *
           1'000'000;
}

class Parser {
public:
    std::optional<Arguments> parse(int argc, char** argv) {
        for (int at = 1; at < argc; ++at) {
            const std::string_view name = argv[at];
            if (bool* flag = flag_of(name); flag != nullptr) {
                *flag = true;
            } else if (at + 1 == argc || !take(name, argv[++at])) {
                return std::nullopt;
            }
        }
        if (forever_) {
            arguments_.order.seeds.reset();
        }
        arguments_.order.from = from_.value_or(forever_ ? seed_of_today() : 1);
        const bool one = arguments_.seed || arguments_.bytes;
        if (arguments_.order.from == 0 || (arguments_.seed && arguments_.bytes) ||
            ((arguments_.trace || arguments_.draws || arguments_.shrink) && !one)) {
            return std::nullopt;
        }
        return arguments_;
    }

private:
    bool* flag_of(std::string_view name) {
        return name == "--trace"     ? &arguments_.trace
               : name == "--draws"   ? &arguments_.draws
               : name == "--shrink"  ? &arguments_.shrink
               : name == "--hashes"  ? &arguments_.hashes
               : name == "--forever" ? &forever_
                                     : nullptr;
    }

    bool take(std::string_view name, std::string_view value) {
        if (name == "--seeds") {
            arguments_.order.seeds = number<std::uint64_t>(value);
            return arguments_.order.seeds.value_or(0) > 0;
        }
        if (name == "--from") {
            from_ = number<std::uint64_t>(value);
            return from_.has_value();
        }
        if (name == "--seed") {
            arguments_.seed = number<std::uint64_t>(value);
            return arguments_.seed.has_value();
        }
        if (name == "--jobs") {
            arguments_.order.jobs = number<unsigned>(value).value_or(0);
            return arguments_.order.jobs > 0;
        }
        if (name == "--bytes") {
            arguments_.bytes = bytes(value);
            return arguments_.bytes.has_value();
        }
        if (name == "--agree-with") {
            arguments_.agree_with = value;
            return true;
        }
        return false;
    }

    Arguments arguments_;
    bool forever_ = false;
    std::optional<std::uint64_t> from_{};
};

}  // namespace

std::optional<Arguments> parse(int argc, char** argv) {
    return Parser{}.parse(argc, argv);
}

std::string to_hex(const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

}  // namespace simulation
