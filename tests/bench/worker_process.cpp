#include "tests/bench/worker_process.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "tests/bench/events_in_kafka.hpp"
#include "tests/bench/servers.hpp"
#include "tests/kafka/require.hpp"
#include "worker/dev/apple/certificates.hpp"

namespace bench {
namespace {

using std::chrono::seconds;

// The admin port is that of Settings' default otherwise, which may be taken.
std::filesystem::path write_configuration(const WorkerSettings& settings, std::uint16_t admin_port) {
    std::filesystem::create_directories(settings.folder);
    const auto key = dev::new_app_key();
    lane::require(
        key && dev::write_private_file(settings.folder / "key.p8", *key) &&
            dev::write_private_file(settings.folder / "fingerprint.key", "0123456789abcdef0123456789abcdef"),
        "cannot write keys to " + settings.folder.string());
    std::string properties;
    for (const auto& [name, value] : dev::embedded_client_properties()) {
        properties += fmt::format("    {}: \"{}\"\n", name, value);
    }
    if (settings.fetched_ahead_kib > 0) {
        properties += fmt::format("    queued.max.messages.kbytes: \"{}\"\n", settings.fetched_ahead_kib);
    }
    const std::filesystem::path file = settings.folder / "worker.yaml";
    std::ofstream{file} << fmt::format(
        R"(kafka:
  bootstrap_servers: "{bootstrap}"
  group_id: bench
  group_instance_id: ""
  topics: [{events}]
  session_timeout: {session}ms
  properties:
{properties}receipts:
  topic: {receipts}
  fingerprint_key_file: fingerprint.key
apple:
  in_flight_max: {in_flight}
  connections: {connections}
  ca_file: {ca}
  endpoints:
    production: https://localhost:{port}
apps:
  - name: tv
    bundle_id: com.example.tv
    issuer_id: 57246542-96fe-1a63-e053-0824d011072a
    keys:
      - {{id: 2X9R4HXF34, file: key.p8}}
admin:
  port: {admin}
)",
        fmt::arg("bootstrap", settings.bootstrap), fmt::arg("events", events_topic),
        fmt::arg("session", dev::embedded_session_timeout.count()), fmt::arg("properties", properties),
        fmt::arg("receipts", receipts_topic), fmt::arg("in_flight", settings.in_flight_max),
        fmt::arg("connections", settings.connections), fmt::arg("ca", settings.ca_file.string()),
        fmt::arg("port", settings.apple_port), fmt::arg("admin", admin_port));
    return file;
}

// AUTOSIGNIN_... of our own environment reach the worker, so that a setting can be tried without a new build.
std::vector<std::string> environment() {
    std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (std::string_view{*variable}.starts_with("AUTOSIGNIN_")) {
            variables.emplace_back(*variable);
        }
    }
    return variables;
}

double sum_of(const std::string& page, std::string_view series) {
    std::istringstream lines{page};
    double sum = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series)) {
            sum += std::stod(line.substr(line.rfind(' ')));
        }
    }
    return sum;
}

double cpu_seconds(pid_t process) {
    clockid_t clock{};
    timespec used{};
    lane::require(
        clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &used) == 0,
        "the worker ended early; its log says why");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

WorkerProcess::WorkerProcess(const WorkerSettings& settings)
    : log_{settings.folder / "worker.log"}, admin_port_{free_port()} {
    const std::filesystem::path file = write_configuration(settings, admin_port_);
    child_ = std::make_unique<lane::Child>(lane::ChildOptions{
        .arguments = {settings.program.string(), "run", "--config", file.string()},
        .environment = environment(),
        .output_file = log_.string()});
    const bool started = lane::until(
        [this] {
            httplib::Client client{"127.0.0.1", admin_port_};
            return child_->exit_code() || client.Get("/livez");
        },
        seconds{30});
    lane::require(started && !child_->exit_code(), "the worker did not start, see " + log_.string());
}

WorkerProcess::Progress WorkerProcess::progress() const {
    httplib::Client client{"127.0.0.1", admin_port_};
    client.set_read_timeout(seconds{10});
    const auto page = client.Get("/metrics");
    lane::require(page && page->status == 200, "the worker shows no metrics, see " + log_.string());
    return {
        std::chrono::steady_clock::now(), sum_of(page->body, "autosignin_commands_total{"),
        cpu_seconds(child_->pid())};
}

double WorkerProcess::peak_mib() const {
    std::ifstream status{fmt::format("/proc/{}/status", child_->pid())};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    throw lane::Failed{"the worker ended early, see " + log_.string()};
}

void WorkerProcess::kill_now() {
    child_->signal(SIGKILL);
    static_cast<void>(child_->wait(seconds{10}));
}

void WorkerProcess::drain() {
    child_->signal(SIGTERM);
    const auto code = child_->wait(seconds{40});
    lane::require(code == 0, "the worker did not drain cleanly, see " + log_.string());
}

}  // namespace bench
