// A few dead letters to look at, at a fixed time.
#pragma once

#include <chrono>
#include <string>

#include "worker/core/letters/read_letter.hpp"

namespace letters_test {

inline const common::WallTime failed_at{std::chrono::milliseconds{1'769'850'307'042}};  // 2026-01-31T09:05:07
inline const common::WallTime now = failed_at + std::chrono::hours{26};

inline core::Letter letter(std::int64_t offset) {
    core::Letter letter;
    letter.place = {{"events.dead-letters", 2}, core::Offset{offset}};
    letter.original = {{"events", 3}, core::Offset{4711}};
    letter.reason = core::DeadLetterReason::rejected;
    letter.error_code = "400";
    letter.http_status = 400;
    letter.attempts = 2;
    letter.commands = {1};
    letter.first_failed = failed_at - std::chrono::minutes{1};
    letter.last_failed = failed_at;
    letter.consumer_group = "autosignin-worker";
    letter.worker_version = "0.1.0";
    letter.envelope.id = "e-1";
    letter.envelope.subject = "anna";
    letter.envelope.source = "/accounts";
    letter.envelope.type = core::EventType::opted_out;
    letter.app = "tv";
    letter.since = failed_at - std::chrono::hours{2};
    return letter;
}

inline core::Letter invalid_letter(std::int64_t offset) {
    core::Letter invalid = letter(offset);
    invalid.reason = core::DeadLetterReason::invalid;
    invalid.error_code = "not_json";
    invalid.http_status.reset();
    invalid.attempts = 0;
    invalid.commands.clear();
    invalid.envelope = {};
    invalid.app.clear();
    invalid.replays = 1;
    invalid.replay_of = "events.dead-letters/2/7";
    invalid.since = failed_at;
    return invalid;
}

}  // namespace letters_test
