// What surrounds the worker in a long run: an embedded broker with a steady sender of events, and an Apple
// whose troubles come and go.
//
// Errors: lane::Failed.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "worker/dev/apple/server.hpp"
#include "worker/dev/embedded_broker.hpp"

namespace soak {

class World {
public:
    explicit World(const std::filesystem::path& folder);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] const std::filesystem::path& config_file() const noexcept { return config_file_; }
    [[nodiscard]] std::size_t sent() const noexcept { return sent_; }

    // `count` more events, spread over people as they are: a few are busy, most are not.
    void send(std::size_t count);
    // The trouble of this minute, which lasts for forty seconds; the name says what it is.
    std::string begin_trouble(std::size_t minute);
    void end_trouble();

private:
    void start_apple(const std::filesystem::path& folder);
    void write_config(const std::filesystem::path& folder);

    dev::EmbeddedBroker broker_;
    std::unique_ptr<dev::AppleServer> apple_;
    std::filesystem::path ca_file_;
    std::filesystem::path config_file_;
    struct Sender;
    std::unique_ptr<Sender> sender_;
    std::size_t sent_ = 0;
};

}  // namespace soak
