#include "worker/adapters/http2/notices.hpp"

#include <fmt/format.h>

#include <utility>

namespace adapters::http2 {

namespace {

using ports::ConnectionEnd;

struct Wording {
    core::Severity severity;
    std::string_view event;
    std::string_view problem;
    std::string_view remedy;
};

Wording wording(ConnectionEnd end, bool certificate_refused) {
    using core::Severity;
    if (certificate_refused) {
        return {
            Severity::error, "http2_certificate_refused", "the server's certificate is not accepted",
            "if a private CA signed it, name that CA's file in apple.ca_file; else check this machine's "
            "clock and whether a proxy stands between. Verification cannot be switched off"};
    }
    switch (end) {
        case ConnectionEnd::dns_failed:
            return {
                Severity::error, "http2_dns_failed", "the host name cannot be resolved",
                "check the base URL's host name and this machine's DNS"};
        case ConnectionEnd::connect_failed:
            return {
                Severity::error, "http2_connect_failed", "no connection",
                "check that this machine may reach the host on that port (firewall, network policy, proxy)"};
        case ConnectionEnd::tls_failed:
            return {
                Severity::error, "http2_tls_failed", "the TLS handshake failed",
                "check that the port speaks TLS 1.2 or newer and that no proxy interferes"};
        case ConnectionEnd::not_offered:
            return {
                Severity::error, "http2_not_offered", "the server speaks TLS but does not offer HTTP/2",
                "set `apple.transport: http1`, or check whether a proxy takes HTTP/2 away"};
        case ConnectionEnd::silent:
            return {
                Severity::warning, "http2_silent", "the connection went dead",
                "requests under way count as lost and are tried again; if it repeats, look at the network"};
        case ConnectionEnd::protocol:
            return {
                Severity::warning, "http2_protocol", "the connection was given up",
                "requests under way count as lost and are tried again; if it repeats, a proxy may interfere"};
        case ConnectionEnd::timeouts:
            return {
                Severity::warning, "http2_timeouts",
                "too many answers never came; the connection is replaced",
                "see whether Apple has an outage; requests under way go on"};
        default:
            return {
                Severity::info, "http2_connection_lost", "the server closed the connection",
                "requests under way count as lost and are tried again"};
    }
}

}  // namespace

Notices::Notices(std::string where, Notify notify) : where_{std::move(where)}, notify_{std::move(notify)} {}

void Notices::ended(
    ConnectionEnd end, std::string_view detail, bool certificate_refused, common::Instant now) {
    if (end == ConnectionEnd::rotated || end == ConnectionEnd::goaway || end == ConnectionEnd::shutdown) {
        return;
    }
    const auto untold = repetition_.tell(static_cast<std::size_t>(end), now);
    if (!untold) {
        return;
    }
    trouble_told_ = true;
    const Wording words = wording(end, certificate_refused);
    core::Say line{words.severity, words.event, fmt::format("{}: {}", where_, words.problem)};
    if (!detail.empty()) {
        line.message += fmt::format(": {}", detail);
    }
    line.message += fmt::format("; {}", words.remedy);
    line.fields = {{"endpoint", where_}, {"reason", std::string{ports::end_name(end)}}};
    if (*untold > 0) {
        line.fields.emplace_back("untold", std::to_string(*untold));
    }
    notify_(std::move(line));
}

void Notices::detour(std::string_view problem, common::Instant now) {
    if (const auto times = detours_.due(now)) {
        notify_(
            {core::Severity::warning,
             "http2_address_failed",
             fmt::format(
                 "{}: an address does not work, another does: {}; if it stays, look at the network on the "
                 "way "
                 "there (IPv6, packet size)",
                 where_, problem),
             {{"endpoint", where_}, {"times", std::to_string(*times)}}});
    }
}

void Notices::recovered() {
    if (std::exchange(trouble_told_, false)) {
        notify_(
            {core::Severity::info,
             "http2_connected",
             fmt::format("{}: connected again", where_),
             {{"endpoint", where_}}});
    }
}

}  // namespace adapters::http2
