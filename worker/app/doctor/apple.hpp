// Checks of the way to Apple: from the name to a credential that is accepted.
//
// Each app deletes a fresh random value that nobody ever stored. Apple answers 404 when everything is right.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "worker/app/config/config.hpp"
#include "worker/app/doctor/finding.hpp"
#include "worker/core/outcome/exchange.hpp"
#include "worker/ports/transport_stats.hpp"

namespace app::doctor {

// What came back for one credential.
struct AppleReply {
    std::optional<core::Exchange> exchange{};  // none: it could not be asked, `problem` says why
    std::string problem{};                     // what the transport or the key file said
};
[[nodiscard]] Finding judge_credential(
    const AppConfig& app, const AppleReply& reply, const std::optional<common::Duration>& skew);

// What became of the connections to one host: name, TCP, TLS, protocol. `problem` is the transport's words.
[[nodiscard]] Findings judge_connection(
    const std::string& host, TransportKind kind, const ports::TransportStats& stats,
    const std::string& problem);

// Positive: our clock is behind Apple's.
[[nodiscard]] Finding judge_clock(const std::optional<common::Duration>& skew);

// Asks Apple; blocks for at most a little more than the configured request timeout.
[[nodiscard]] Findings check_apple(const Config& config);

}  // namespace app::doctor
