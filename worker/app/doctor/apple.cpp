#include "worker/app/doctor/apple.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "common/overloaded.hpp"

namespace app::doctor {

namespace {

using ports::ConnectionEnd;

std::string seconds_text(common::Duration skew) {
    return fmt::format("{:.0f} s", std::abs(common::seconds(skew)));
}

std::string causes_of_401(const AppConfig& app, const std::optional<common::Duration>& skew) {
    const bool clock_off = skew && std::abs(common::seconds(*skew)) > 30;
    std::vector<std::string> causes;
    const std::string clock = skew ? fmt::format(
                                         "our clock: {} {} Apple's", seconds_text(*skew),
                                         *skew > common::Duration{} ? "behind" : "ahead of")
                                   : "our clock (Apple sent no Date)";
    if (clock_off) {
        causes.push_back(clock);
    }
    causes.push_back(fmt::format(
        "issuer_id, key id or bundle_id: compare {} and {} with App Store Connect", app.bundle_id,
        app.keys.empty() ? "the key" : app.keys.front().id));
    causes.emplace_back(
        "the kind of key: it must be an In-App Purchase key, not an App Store Connect API key");
    if (app.environment == AppleEnvironment::production) {
        causes.emplace_back("the app has no production release yet: then only the sandbox accepts it");
    }
    causes.emplace_back("the key was revoked in App Store Connect");
    if (!clock_off) {
        causes.push_back(clock);
    }
    std::string text = "Likely causes, in this order:";
    for (std::size_t i = 0; i < causes.size(); ++i) {
        text += fmt::format("\n{}. {}", i + 1, causes[i]);
    }
    return text;
}

Finding judge_answer(
    Finding finding, const AppConfig& app, int status, const std::optional<common::Duration>& skew) {
    const auto ends = [&](Verdict verdict, std::string sentence, std::string remedy = {}) {
        finding.verdict = verdict;
        finding.sentence = std::move(sentence);
        finding.remedy = std::move(remedy);
        return finding;
    };
    if (status == 404) {
        return ends(Verdict::pass, "accepted: a random value is not found, as it should be (404)");
    }
    if (status == 401 || status == 403) {
        return ends(
            Verdict::fail, fmt::format("{}: Apple refuses our JWT", status), causes_of_401(app, skew));
    }
    if (status == 429) {
        return ends(
            Verdict::warn, "429: throttled, so it is not known whether the credential is accepted",
            "Ask again later, or lower apps[].requests_per_second.");
    }
    if (status >= 500) {
        return ends(
            Verdict::warn, fmt::format("{}: Apple is not well now", status),
            "Ask again later; the worker would hold its work and retry.");
    }
    return ends(
        Verdict::fail,
        fmt::format("{}: not an answer of Apple's API to the deletion of an unknown value", status),
        "Check the base URL (apps[].base_url, apple.endpoints) and what stands between: a proxy, a gateway.");
}

struct Stage {
    const char* name;
    ConnectionEnd failure;
    const char* remedy;
};
constexpr Stage stages[] = {
    {"name", ConnectionEnd::dns_failed,
     "Check the host of the base URL, /etc/resolv.conf and the network policy for DNS."},
    {"TCP", ConnectionEnd::connect_failed,
     "Check firewall, network policy and, where one is required, apple.proxy."},
    {"TLS", ConnectionEnd::tls_failed,
     "Check apple.ca_file or the system's certificates, and whether something in between ends TLS."},
    {"ALPN", ConnectionEnd::not_offered,
     "Use apple.transport: http1 where no HTTP/2 is offered (some proxies), or find out who answers here."},
};

}  // namespace

Finding judge_credential(
    const AppConfig& app, const AppleReply& reply, const std::optional<common::Duration>& skew) {
    Finding finding{
        Verdict::fail,
        fmt::format(
            "apple credential {} ({})", app.name,
            app.environment == AppleEnvironment::production ? "production" : "sandbox"),
        ""};
    if (!reply.exchange) {
        finding.sentence = reply.problem;
        return finding;
    }
    return std::visit(
        common::Overloaded{
            [&](const core::Answer& answer) {
                return judge_answer(std::move(finding), app, answer.status, skew);
            },
            [&](const core::NotSent&) {
                finding.verdict = Verdict::skip;
                finding.sentence = "not asked: there is no connection";
                return finding;
            },
            [&](const core::Lost& lost) {
                finding.sentence = fmt::format("no answer ({})", core::reason_name(lost.reason));
                finding.remedy = "Ask again; if it lasts, look at apple.request_timeout and the network.";
                return finding;
            }},
        *reply.exchange);
}

Findings judge_connection(
    const std::string& host, TransportKind kind, const ports::TransportStats& stats,
    const std::string& problem) {
    Findings findings;
    const auto ended = [&](ConnectionEnd end) {
        return stats.connections_ended.at(static_cast<std::size_t>(end)) > 0;
    };
    bool open = true;
    for (const Stage& stage : stages) {
        Finding finding{Verdict::pass, fmt::format("apple {} {}", host, stage.name), "fine"};
        if (stage.failure == ConnectionEnd::not_offered) {
            finding.sentence = kind == TransportKind::http2 ? "HTTP/2" : "HTTP/1.1";
        }
        if (!open) {
            finding.verdict = Verdict::skip;
            finding.sentence = "not reached";
        } else if (stats.connections_opened == 0 && ended(stage.failure)) {
            finding.verdict = Verdict::fail;
            finding.sentence = problem.empty() ? "failed" : problem;
            finding.remedy = stage.remedy;
            open = false;
        }
        findings.push_back(std::move(finding));
    }
    if (open && stats.connections_opened == 0) {
        for (Finding& finding : findings) {
            finding = {Verdict::skip, finding.check, "not known: nothing was heard in time"};
        }
        findings.front().verdict = Verdict::fail;
        findings.front().remedy = "Check DNS, firewall and network policy: packets seem to be dropped.";
    }
    return findings;
}

Finding judge_clock(const std::optional<common::Duration>& skew) {
    if (!skew) {
        return {Verdict::skip, "clock", "not compared: no answer of Apple's with a Date"};
    }
    const double off = std::abs(common::seconds(*skew));
    const std::string sentence =
        fmt::format("{} {} Apple's", seconds_text(*skew), *skew > common::Duration{} ? "behind" : "ahead of");
    if (off <= 2) {
        return {Verdict::pass, "clock", "as Apple's, to 2 s"};
    }
    return {
        off <= 30 ? Verdict::warn : Verdict::fail, "clock", sentence,
        "Start a time service (chrony, systemd-timesyncd): JWTs carry our time, and Apple refuses those of "
        "another."};
}

}  // namespace app::doctor
