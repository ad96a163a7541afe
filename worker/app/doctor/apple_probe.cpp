// The part of the Apple checks that touches the network: the worker's own credentials and transport.
#include <algorithm>
#include <map>
#include <random>
#include <variant>

#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/adapters/reactor/reactor.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/adapter_settings.hpp"
#include "worker/app/clock_watch.hpp"
#include "worker/app/doctor/apple.hpp"
#include "worker/app/doctor/fresh_value.hpp"
#include "worker/app/transport.hpp"
#include "worker/core/command/request.hpp"
#include "worker/ports/place_credential.hpp"

namespace app::doctor {

namespace {

// What the transport says about its connections: the last complaint.
class Words final : public ports::Journal {
public:
    [[nodiscard]] bool wants(core::Severity severity) const override {
        return severity >= core::Severity::warning;
    }
    void write(const core::Say& line) override { said.push_back(line.message); }
    // The last that names the host; else the last of all.
    [[nodiscard]] std::string about(const std::string& host) const {
        const auto found = std::find_if(said.rbegin(), said.rend(), [&](const std::string& each) {
            return each.find(host) != std::string::npos;
        });
        return found != said.rend() ? *found : said.empty() ? std::string{} : said.back();
    }

    std::vector<std::string> said;
};

using Replies = std::vector<AppleReply>;  // by CredentialId

struct Asked {
    Replies replies;
    std::optional<common::Duration> skew;
};

Asked ask(const Config& config, Transport& transport, adapters::reactor::Reactor& reactor, Words& words) {
    adapters::reactor::SystemClock clock;
    ClockWatch watch{*transport.port, words};
    auth::SignedCredentials tokens{
        signed_credentials(config), [&](const core::Say& line) { words.write(line); }, clock.now()};
    const core::Settings settings = to_settings(config);
    Asked asked{Replies(settings.credentials.size()), std::nullopt};
    const common::Instant deadline = clock.now().steady + config.apple.request_timeout;
    std::size_t outstanding = 0;
    for (std::size_t i = 0; i < settings.credentials.size(); ++i) {
        const core::CredentialSettings& credential = settings.credentials[i];
        if (credential.kind == core::CredentialKind::client) {
            continue;  // check_identity() asks for each client
        }
        // Asks for what nobody has, or what everybody may have.
        const bool app = credential.kind == core::CredentialKind::app;
        core::Command command;
        command.action = app ? core::Action::erase : core::Action::key_set;
        command.value = common::Secret{fresh_value()};
        command.credential = core::CredentialId{static_cast<std::uint32_t>(i)};
        core::HttpRequest request = core::request_for(command, credential.endpoint, credential.client_id);
        common::Secret header;
        if (request.place != core::CredentialPlace::nowhere) {
            const auto token = tokens.authorization(command.credential, clock.now());
            if (!token) {
                asked.replies[i].problem = token.error().message;
                continue;
            }
            header = ports::place_credential(request, **token);
        }
        watch.send({core::ExchangeId{i}, std::move(request), std::move(header), deadline});
        ++outstanding;
    }
    watch.flush();
    // Whatever happens, every exchange ends soon after the deadline.
    while (outstanding > 0) {
        std::vector<core::Input> inputs;
        static_cast<void>(reactor.wait(std::min(watch.next_deadline(), deadline), inputs));
        watch.collect(clock.now(), inputs);
        for (core::Input& input : inputs) {
            if (auto* ended = std::get_if<core::ExchangeEnded>(&input)) {
                asked.replies.at(ended->id.value).exchange = std::move(ended->exchange);
                --outstanding;
            }
        }
    }
    asked.skew = watch.skew();
    return asked;
}

}  // namespace

Findings check_apple(const Config& config) {
    Words words;
    adapters::reactor::Reactor reactor{adapters::reactor::Signals::leave};
    auto transport = make_transport(config, reactor, words, std::random_device{}());
    if (!transport) {
        return {{Verdict::fail, "apple", transport.error().message}};
    }
    const Asked asked = ask(config, *transport, reactor, words);
    Findings findings;
    const core::Settings settings = to_settings(config);
    for (std::size_t i = 0; i < settings.endpoints.size(); ++i) {
        const std::string& host = settings.endpoints[i].name;
        const auto stats = transport->stats(core::EndpointId{static_cast<std::uint32_t>(i)});
        for (Finding& each : judge_connection(host, config.apple.transport, stats, words.about(host))) {
            findings.push_back(std::move(each));
        }
    }
    for (std::size_t i = 0; i < config.apps.size(); ++i) {
        findings.push_back(judge_credential(config.apps[i], asked.replies[i], asked.skew));
    }
    findings.push_back(judge_clock(asked.skew));
    return findings;
}

}  // namespace app::doctor
