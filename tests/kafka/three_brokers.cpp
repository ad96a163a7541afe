#include "tests/kafka/three_brokers.hpp"

#include <fmt/format.h>

#include <future>

namespace lane {
namespace {

constexpr std::int32_t nodes = 3;

std::string settings_of(std::int32_t id, const std::map<std::int32_t, std::uint16_t>& controllers) {
    std::string voters;
    for (const auto& [voter, port] : controllers) {
        voters += fmt::format("{}{}@127.0.0.1:{}", voters.empty() ? "" : ",", voter, port);
    }
    return fmt::format(
        R"(node.id={}
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:{}
controller.quorum.bootstrap.servers=
controller.quorum.voters={}
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
leader.imbalance.check.interval.seconds=1
)",
        id, controllers.at(id), voters);
}

}  // namespace

ThreeBrokers::ThreeBrokers(const Stage& stage, const std::string& name) {
    std::map<std::int32_t, std::uint16_t> controllers;
    for (std::int32_t id = 1; id <= nodes; ++id) {
        controllers[id] = lasting_port();
    }
    std::map<std::int32_t, std::future<std::unique_ptr<PrivateBroker>>> starts;
    for (const auto& [id, port] : controllers) {
        const BrokerOptions options{
            .name = fmt::format("{}-{}", name, id),
            .settings = settings_of(id, controllers),
            .port = lasting_port()};
        starts[id] = std::async(std::launch::async, [&stage, options] {
            return std::make_unique<PrivateBroker>(stage, options);
        });
    }
    for (auto& [id, start] : starts) {
        nodes_[id] = start.get();
    }
}

void ThreeBrokers::start(const std::vector<std::int32_t>& ids) {
    std::vector<std::future<void>> starts;
    starts.reserve(ids.size());
    for (const std::int32_t id : ids) {
        starts.push_back(std::async(std::launch::async, [this, id] { node(id).start(); }));
    }
    for (std::future<void>& start : starts) {
        start.get();
    }
}

std::string ThreeBrokers::bootstrap() const {
    std::string all;
    for (const auto& [id, node] : nodes_) {
        all += fmt::format("{}{}", all.empty() ? "" : ",", node->bootstrap());
    }
    return all;
}

}  // namespace lane
