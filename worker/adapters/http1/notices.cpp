#include "worker/adapters/http1/notices.hpp"

#include <fmt/format.h>

#include <utility>

namespace adapters::http1 {

namespace {

using core::Severity;
using ports::ConnectionEnd;

struct Wording {
    Severity severity;
    ConnectionEnd end;
    std::string_view event;
    std::string_view problem;
    std::string_view remedy;
};

constexpr std::string_view repeated = "requests under way count as lost and are tried again";

// Index: Trouble.
constexpr Wording wordings[troubles] = {
    {Severity::error, ConnectionEnd::dns_failed, "http1_dns_failed", "the host name cannot be resolved",
     "check the base URL's host name and this machine's DNS"},
    {Severity::error, ConnectionEnd::dns_failed, "http1_proxy_dns_failed",
     "the proxy's host name cannot be resolved", "check apple.proxy and this machine's DNS"},
    {Severity::error, ConnectionEnd::connect_failed, "http1_connect_failed", "no connection",
     "check that this machine may reach the host on that port (firewall, network policy); networks that "
     "require a proxy need apple.proxy"},
    {Severity::error, ConnectionEnd::connect_failed, "http1_proxy_refused",
     "the proxy does not let us through",
     "check apple.proxy; the proxy must allow CONNECT to that host and port, and without a password"},
    {Severity::error, ConnectionEnd::tls_failed, "http1_certificate_refused",
     "the server's certificate is not accepted",
     "if a private CA signed it, name that CA's file in apple.ca_file; else check this machine's clock and "
     "whether a proxy stands between. Verification cannot be switched off"},
    {Severity::error, ConnectionEnd::tls_failed, "http1_certificate_name",
     "the server's certificate is for another name",
     "check the base URL's host name and whether a proxy stands between. Verification cannot be switched "
     "off"},
    {Severity::error, ConnectionEnd::tls_failed, "http1_tls_failed", "the TLS handshake failed",
     "check that the port speaks TLS 1.2 or newer and that no proxy interferes"},
    {Severity::info, ConnectionEnd::lost, "http1_connection_lost",
     "the server closed the connection without an answer", repeated},
    {Severity::warning, ConnectionEnd::protocol, "http1_protocol", "the answer is no HTTP/1.1",
     "check that the base URL is Apple's and whether a proxy interferes"},
};

const Wording& wording(Trouble trouble) {
    return wordings[static_cast<std::size_t>(trouble)];
}

}  // namespace

ports::ConnectionEnd end_of(Trouble trouble) noexcept {
    return wording(trouble).end;
}

Notices::Notices(std::string where, Notify notify) : where_{std::move(where)}, notify_{std::move(notify)} {}

void Notices::failed(Trouble trouble, std::string_view detail, common::Instant now) {
    const auto untold = repetition_.tell(static_cast<std::size_t>(trouble), now);
    if (!untold) {
        return;
    }
    trouble_told_ = true;
    const Wording& words = wording(trouble);
    core::Say line{words.severity, words.event, fmt::format("{}: {}", where_, words.problem)};
    if (!detail.empty()) {
        line.message += fmt::format(": {}", detail);
    }
    line.message += fmt::format("; {}", words.remedy);
    line.fields = {{"endpoint", where_}, {"reason", std::string{ports::end_name(words.end)}}};
    if (*untold > 0) {
        line.fields.emplace_back("untold", std::to_string(*untold));
    }
    notify_(std::move(line));
}

void Notices::recovered() {
    if (std::exchange(trouble_told_, false)) {
        notify_(
            {Severity::info,
             "http1_connected",
             fmt::format("{}: connected again", where_),
             {{"endpoint", where_}}});
    }
}

}  // namespace adapters::http1
