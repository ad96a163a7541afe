#include "worker/adapters/kafka/reporter.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <chrono>
#include <utility>

namespace kafka {
namespace {

constexpr common::Duration quiet = std::chrono::minutes{1};
constexpr std::size_t remembered_max = 4096;
// A consumer that fetches or heartbeats hears of its brokers every few seconds.
constexpr std::chrono::seconds silence_longest{20};

std::string sentence(
    std::string_view client, std::string_view subject, std::string_view detail, int code,
    std::string_view remedy) {
    return fmt::format(
        "{}{}{}: {} ({}). {}", client, subject.empty() ? "" : ", ", subject, detail, code_name(code), remedy);
}

}  // namespace

bool Reporter::due(int code, std::string_view subject, common::Instant now) {
    if (said_.size() >= remembered_max) {
        said_.clear();
    }
    const auto [last, first] = said_.try_emplace({code, std::string{subject}}, now);
    if (!first && now - last->second < quiet) {
        return false;
    }
    last->second = now;
    return true;
}

void Reporter::fault(int code, std::string_view subject, std::string_view detail, common::Instant now) {
    const Fault& fault = fault_of(code);
    ++stats_.faults.at(static_cast<std::size_t>(fault.kind));
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        lost();
    }
    if (!due(code, subject, now)) {
        return;
    }
    say(
        {fault.severity,
         fault.event,
         sentence(client_, subject, detail, code, remedy(fault, subject)),
         {{"client", std::string{client_}}, {"code", std::string{code_name(code)}}}});
}

std::string Reporter::remedy(const Fault& fault, std::string_view subject) const {
    return remedy_at(
        {.consumer = client_ == "consumer",
         .group = group_,
         .subject = subject,
         .session_ended = session_ended_},
        fault);
}

void Reporter::lost() noexcept {
    for (BrokerState& broker : stats_.snapshot.brokers) {
        broker.up = false;
    }
    if (stats_.contact == Contact::reached) {
        stats_.contact = Contact::lost;
    }
}

void Reporter::statistics(Snapshot snapshot) {
    stats_.snapshot = std::move(snapshot);
    if (stats_.snapshot.silence && *stats_.snapshot.silence < silence_longest) {
        heard();
    } else if (stats_.contact == Contact::reached) {
        stats_.contact = Contact::lost;
    }
}

void Reporter::fatal(int code, std::string_view detail) {
    if (fatal_) {
        return;
    }
    const Fault& fault = fault_of(code);
    ++stats_.faults.at(static_cast<std::size_t>(fault.kind));
    const std::string advice = fault.kind == FaultKind::other
                                   ? "This client cannot go on; start the process again."
                                   : remedy(fault, "");
    fatal_ = Fatal{fault.kind, sentence(client_, "", detail, code, advice)};
    say(
        {core::Severity::error,
         "kafka_fatal",
         fatal_->message,
         {{"client", std::string{client_}}, {"code", std::string{code_name(code)}}}});
}

void Reporter::client_log(int level, std::string_view facility, std::string_view text) {
    // Errors reach us through callbacks as well and are told there, with a remedy; here is only the detail.
    constexpr int syslog_error = 3;
    say(
        {level < syslog_error ? core::Severity::warning : core::Severity::debug,
         "kafka_client_log",
         std::string{text},
         {{"client", std::string{client_}}, {"facility", std::string{facility}}}});
}

void Reporter::say(const core::Say& line) {
    if (journal_.wants(line.severity)) {
        journal_.write(line);
    }
}

}  // namespace kafka
