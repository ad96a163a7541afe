// What one check has for itself: topics, a consumer group, a scripted Apple with an app and its key, and the
// workers it starts.
//
// Errors: Failed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/kafka/account_history.hpp"
#include "tests/kafka/cluster.hpp"
#include "tests/kafka/traces.hpp"
#include "tests/kafka/worker_process.hpp"
#include "worker/dev/apple/server.hpp"

namespace lane {

// What all checks of a run share.
struct Stage {
    Cluster& cluster;
    std::string worker_program{};
    std::string broker_script{};  // tests/kafka/broker
    std::string kafka_version{};
    std::string folder{};
    dev::Certificates certificates{};
    std::uint64_t seed = 1;  // of the kill check
    std::size_t kills = 20;  // of the kill check
};

// The same with another cluster.
[[nodiscard]] Stage on_cluster(const Stage& stage, Cluster& cluster);

struct SceneOptions {
    std::string name{};
    int partitions = 6;
    int letter_partitions = 1;
    bool create_source_topic = true;
};

struct WorkerOptions {
    std::string instance{};             // group.instance.id; empty: a dynamic member
    std::vector<std::string> topics{};  // empty: the scene's source topic
    std::size_t in_flight_max = 1000;
    std::string log_level = "info";
    std::string offset_reset = "earliest";
    std::chrono::seconds session{6};
    std::string bootstrap{};                          // empty: the cluster's
    std::map<std::string, std::string> properties{};  // more of librdkafka's
    // Of the key that signs its requests: with one of its own, the ledger tells which worker sent what.
    std::string key_id = "LANEKEY001";
    std::string more{};  // sections of the configuration that only one check needs
};

class Scene {
public:
    Scene(const Stage& stage, const SceneOptions& options);
    ~Scene();
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] const std::string& group() const noexcept { return name_; }
    [[nodiscard]] std::string source_topic() const { return name_ + "-events"; }
    [[nodiscard]] std::string dead_letter_topic() const { return source_topic() + ".dead-letters"; }
    [[nodiscard]] std::string receipts_topic() const { return name_ + "-receipts"; }
    [[nodiscard]] Cluster& cluster() const noexcept { return stage_.cluster; }

    // Puts every account's first value on its Apple Account.
    void stock(const History& history);
    void script(std::vector<sim::Fault> faults);
    [[nodiscard]] sim::Ledger ledger();
    [[nodiscard]] std::size_t requests();  // so far
    // Requests that Apple has and has not answered yet.
    [[nodiscard]] std::size_t in_flight();
    // Failed when Apple does not hold what the events demand.
    void require_store(const History& history);

    [[nodiscard]] WorkerProcess start(const WorkerOptions& options);
    // For a tool beside the worker that was started last with these options; returns the file.
    [[nodiscard]] std::string write_config(const WorkerOptions& options) const;
    // Waits until all there is, is committed.
    void await_settled(WorkerProcess& worker, std::chrono::milliseconds patience = std::chrono::seconds{60});

    // Where secrets must not be seen; the logs of all workers are looked at when the scene is over.
    [[nodiscard]] Traces& traces() noexcept { return traces_; }
    // Failed when a secret was seen anywhere.
    void require_no_traces();

private:
    const Stage& stage_;
    std::string name_;
    std::string folder_;
    std::string key_file_;
    std::string key_;
    std::unique_ptr<dev::AppleServer> apple_;
    Traces traces_;
    std::vector<std::string> log_files_;
};

[[nodiscard]] common::Instant steady_now();

}  // namespace lane
