// What the configuration means to the adapters: the same for `run` and for the tools that look at what it
// uses.
#pragma once

#include <string>
#include <vector>

#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/adapters/kafka/properties.hpp"
#include "worker/app/config/config.hpp"

namespace app {

[[nodiscard]] kafka::KafkaSettings kafka_settings(const Config& config);

// In the order of core::Settings::credentials: apps, then Sign in with Apple clients. The last of those,
// which signs nothing, is not among them.
[[nodiscard]] std::vector<auth::Credential> signed_credentials(const Config& config);

// The consumer groups beside the workers' own, on the dead-letter topics: what people have replayed or
// discarded, and what is not owed any more.
[[nodiscard]] std::string replay_group_of(const Config& config);
[[nodiscard]] std::string watch_group_of(const Config& config);

// Where dead letters may lie, sorted.
[[nodiscard]] std::vector<std::string> dead_letter_topics(const Config& config);

// Every topic that may be written to, sorted: so that a missing one is told at the start and not at the first
// letter.
[[nodiscard]] std::vector<std::string> written_topics(const Config& config);

}  // namespace app
