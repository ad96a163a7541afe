#include "tests/kafka/private_broker.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "tests/kafka/child.hpp"
#include "tests/kafka/require.hpp"

namespace lane {

std::uint16_t lasting_port() {
    static std::set<int> given;  // a broker may not have it yet
    std::random_device device;
    std::uniform_int_distribution<int> any{20'000, 31'999};
    for (int i = 0; i < 100; ++i) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int port = any(device);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        close(fd);
        if (bound == 0 && given.insert(port).second) {
            return static_cast<std::uint16_t>(port);
        }
    }
    throw Failed{"there is no free port for a broker"};
}

PrivateBroker::PrivateBroker(const Stage& stage, BrokerOptions options)
    : stage_{stage},
      options_{std::move(options)},
      folder_{stage.folder + "/broker-" + options_.name},
      settings_file_{folder_ + "/settings"},
      port_{options_.port != 0 ? options_.port : lasting_port()} {
    std::filesystem::create_directories(folder_);
    std::ofstream{settings_file_} << options_.settings;
    start();
}

PrivateBroker::~PrivateBroker() {
    try {
        kill();
    } catch (const std::exception&) {
        return;  // it ends with the driver
    }
}

void PrivateBroker::start() {
    std::vector<std::string> arguments{
        "--kafka",    stage_.kafka_version, "--port",  std::to_string(port_),
        "--settings", settings_file_,       "--while", std::to_string(getpid())};
    for (const auto& [name, password] : options_.users) {
        arguments.insert(arguments.end(), {"--user", name + ":" + password});
    }
    run("start", arguments);
}

void PrivateBroker::stop() {
    run("stop", {});
}
void PrivateBroker::kill() {
    run("kill", {});
}

std::string PrivateBroker::bootstrap() const {
    return fmt::format("127.0.0.1:{}", port_);
}

std::string PrivateBroker::address(const std::string& listener) const {
    std::ifstream file{folder_ + "/listeners"};
    for (std::string name, where; file >> name >> where;) {
        if (name == listener) {
            return where;
        }
    }
    throw Failed{"the broker has no listener " + listener};
}

void PrivateBroker::run(const std::string& action, const std::vector<std::string>& arguments) const {
    const std::string output = folder_ + "/script.log";
    ChildOptions options{
        .arguments = {stage_.broker_script, action, folder_},
        .environment = {"PATH=/usr/local/bin:/usr/bin:/bin"},
        .output_file = output};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    const auto code = Child{options}.wait(std::chrono::seconds{90});
    std::ifstream file{output};
    const std::string said{std::istreambuf_iterator<char>{file}, {}};
    require(code == 0, fmt::format("broker {}: exit code {}: {}", action, code.value_or(-1), said));
}

}  // namespace lane
