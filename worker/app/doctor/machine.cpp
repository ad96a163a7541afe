#include "worker/app/doctor/machine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace app::doctor {

namespace {

constexpr std::uint64_t mebibyte = 1U << 20U;

std::string place_of(const Diagnostic& diagnostic, const std::string& file) {
    const Origin& origin = diagnostic.origin;
    return !origin.variable.empty() ? origin.variable
           : origin.line == 0       ? file
                                    : fmt::format("{}:{}:{}", file, origin.line, origin.column);
}

// The first line of a file as a number; none when it is a word, or when there is no such file.
std::optional<std::uint64_t> number_in(const char* path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    return error == std::errc{} && end == line.data() + line.size() && !line.empty() ? std::optional{number}
                                                                                     : std::nullopt;
}

std::string value_of(const Config& config, const char* name) {
    const auto found = config.kafka.properties.find(name);
    return found == config.kafka.properties.end() ? std::string{} : found->second;
}

}  // namespace

Findings check_configuration(const Loaded& loaded) {
    const Report& report = loaded.report;
    Findings findings;
    for (const Diagnostic& each : report.diagnostics) {
        Finding finding{
            each.gravity == Gravity::error ? Verdict::fail : Verdict::warn, "configuration",
            fmt::format("{}: {}: {}", place_of(each, report.file), each.key, each.problem), each.remedy};
        if (!each.expected.empty()) {
            finding.sentence += fmt::format(" (expected {})", each.expected);
        }
        findings.push_back(std::move(finding));
    }
    if (loaded.config) {
        std::size_t keys = 0;
        for (const AppConfig& app : loaded.config->apps) {
            keys += app.keys.size();
        }
        findings.push_back(
            {Verdict::pass, "configuration",
             fmt::format(
                 "{}: complete; {} app{}, {} signing key{} readable and of the right kind", report.file,
                 loaded.config->apps.size(), loaded.config->apps.size() == 1 ? "" : "s", keys,
                 keys == 1 ? "" : "s")});
    }
    return findings;
}

Limits limits_of_this_process() {
    Limits limits;
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        limits.descriptors = descriptors.rlim_cur;
    }
    for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        const auto found = number_in(path);
        constexpr std::uint64_t no_limit = 1ULL << 60U;  // control groups of the first kind
        if (found && *found < no_limit) {
            limits.memory = found;
        }
    }
    return limits;
}

Findings check_limits(const Limits& limits, const Config& config) {
    const std::size_t defaults = config.apple.transport == TransportKind::http1 ? 64 : 4;
    const std::size_t connections = config.apple.connections == 0 ? defaults : config.apple.connections;
    // Connections to Apple and to brokers, files, the admin port's visitors.
    const std::uint64_t needed = connections * endpoints(config).size() + 256;
    Findings findings;
    findings.push_back(
        limits.descriptors >= needed
            ? Finding{Verdict::pass, "file descriptors", fmt::format("{} allowed, up to {} needed", limits.descriptors, needed)}
            : Finding{
                  Verdict::fail, "file descriptors",
                  fmt::format("{} allowed, up to {} needed", limits.descriptors, needed),
                  fmt::format(
                      "Raise the limit (ulimit -n {}, LimitNOFILE= of systemd), or lower apple.connections.",
                      std::max<std::uint64_t>(needed, 1024))});
    // On the safe side: a buffered byte is taken to cost three, and librdkafka's queues and the program their
    // own.
    const std::uint64_t memory = 3 * config.bytes_buffered_max + 128 * mebibyte;
    if (!limits.memory) {
        findings.push_back(
            {Verdict::pass, "memory", fmt::format("no limit; plan for {} MiB", memory / mebibyte)});
    } else {
        const std::string sentence =
            fmt::format("{} MiB allowed, plan for {} MiB", *limits.memory / mebibyte, memory / mebibyte);
        findings.push_back(
            *limits.memory >= memory
                ? Finding{Verdict::pass, "memory", sentence}
                : Finding{
                      Verdict::warn, "memory", sentence,
                      "Raise the memory limit of the container, or lower limits.bytes_buffered_max."});
    }
    return findings;
}

Findings check_library(const std::string& name, int version, const Config& config) {
    constexpr int scram_fixed_in = 0x02060100;  // 2.6.1
    const bool scram = value_of(config, "sasl.mechanism").starts_with("SCRAM") ||
                       value_of(config, "sasl.mechanisms").starts_with("SCRAM");
    if (scram && version < scram_fixed_in) {
        return {
            {Verdict::warn, "librdkafka",
             fmt::format("{}: SCRAM fails on brokers of Kafka 4.0 and newer (it sends a nonce twice)", name),
             "Stay on 3.x brokers, use PLAIN over TLS, or run with librdkafka 2.6.1 or newer."}};
    }
    return {{Verdict::pass, "librdkafka", fmt::format("{}; no known trap in this configuration", name)}};
}

}  // namespace app::doctor
