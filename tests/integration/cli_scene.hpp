// The world of the real program: an embedded broker, the scripted Apple, certificates and keys, and
// `autosignin-worker` as a child process, started as an operator starts it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/transport_folder.hpp"
#include "tests/kafka/worker_process.hpp"
#include "worker/core/event/record.hpp"
#include "worker/dev/apple/server.hpp"
#include "worker/dev/embedded_broker.hpp"

namespace cli {

inline constexpr const char* events_topic = "events";
inline constexpr const char* receipts_topic = "receipts";
inline constexpr const char* dead_letter_topic = "events.dead-letters";
inline const sim::Shop shop{sim::Environment::production, "com.example.tv"};
// At Sign in with Apple, for scenes that have it.
inline constexpr const char* client_id = "com.example.tv";
inline constexpr const char* team_id = "TEAM123456";

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct Ended {
    int code = -1;  // -1: it did not end
    std::string output;
};

// Runs the program to its end.
[[nodiscard]] Ended run(
    const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

// What is written into worker.yaml, by key path of two levels at most: {"apple.request_timeout", "1s"}.
using Edits = std::map<std::string, std::string>;

class Scene {
public:
    // With identity options the identity server is there too, with one client, and so it is in the
    // configuration.
    explicit Scene(const std::optional<sim::IdentityOptions>& identity = {});

    // A good configuration with these changes; returns the file.
    std::string write_config(const Edits& edits = {});
    [[nodiscard]] lane::WorkerProcess start(const Edits& edits = {});

    void script(std::vector<sim::Fault> faults);
    [[nodiscard]] sim::Ledger ledger();

    // One password change that demands the deletion of `value`.
    [[nodiscard]] static core::Record deletion(const std::string& account, const std::string& value);
    [[nodiscard]] static core::Record event(
        const std::string& id, const std::string& subject, const std::string& tokens,
        const std::string& more = {});
    // Into the topic of events; on the broker when it returns.
    void produce(const std::vector<core::Record>& records);
    // Everything in a topic of one partition, at least `count` records.
    [[nodiscard]] std::vector<core::Record> read(const std::string& topic, std::size_t count);

    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }
    [[nodiscard]] dev::EmbeddedBroker& broker() { return broker_; }
    [[nodiscard]] dev::AppleServer& apple() { return *apple_; }
    [[nodiscard]] const std::string& key() const { return key_; }

    static constexpr const char* key_id = "CLIKEY0001";
    static constexpr const char* identity_key_id = "CLIKEY0002";  // in identity.p8

private:
    transport_test::Folder folder_;
    dev::EmbeddedBroker broker_;
    std::string key_;
    bool has_identity_ = false;
    std::unique_ptr<dev::AppleServer> apple_;
    int runs_ = 0;
};

}  // namespace cli
