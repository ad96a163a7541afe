#include "worker/app/doctor/identity.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "common/overloaded.hpp"
#include "worker/app/doctor/fresh_value.hpp"
#include "worker/app/sign_in_with_apple/advice.hpp"

namespace app::doctor {
namespace {

using identity::NoAnswer;
using identity::Refused;

// What every answer but the wished one comes to.
Finding judge_refusal(Finding finding, const Refused& refused) {
    const auto ends = [&](Verdict verdict, std::string sentence, std::string remedy) {
        finding.verdict = verdict;
        finding.sentence = std::move(sentence);
        finding.remedy = std::move(remedy);
        return finding;
    };
    if (refused.said) {
        const identity::Advice advice = identity::advice(identity::Question::revoke, refused.said->error);
        return ends(
            Verdict::fail,
            fmt::format(
                "{} {}: {}", refused.status, core::identity_error_name(refused.said->error), advice.meaning),
            identity::causes_text(advice));
    }
    if (refused.status == 429 || refused.status >= 500) {
        return ends(
            Verdict::warn,
            fmt::format("{}: not known, since Apple throttles or is not well now", refused.status),
            "Ask again later; the worker would hold its work and retry.");
    }
    return ends(
        Verdict::fail, fmt::format("{}: not an answer of Apple's identity service", refused.status),
        "Check sign_in_with_apple.endpoint and what stands between: a proxy, a gateway.");
}

template <class Answer>
Finding judge(std::string check, const identity::Reply<Answer>& reply, std::string good) {
    Finding finding{Verdict::fail, std::move(check), ""};
    return std::visit(
        common::Overloaded{
            [&](const Answer&) {
                finding.verdict = Verdict::pass;
                finding.sentence = std::move(good);
                return finding;
            },
            [&](const Refused& refused) { return judge_refusal(finding, refused); },
            [&](const NoAnswer& none) {
                finding.sentence = none.why;
                finding.remedy =
                    "Check sign_in_with_apple.endpoint, the key files, firewall and network policy, "
                    "apple.proxy "
                    "and apple.ca_file.";
                return finding;
            }},
        reply);
}

}  // namespace

Finding judge_client(const ClientConfig& client, const identity::Reply<identity::Revoked>& reply) {
    return judge(
        fmt::format("apple client {}", client.client_id), reply,
        "accepted: the revocation of a random token is answered with 200");
}

Finding judge_key_set(const identity::Reply<identity::FetchedKeys>& reply) {
    const auto* const fetched = std::get_if<identity::FetchedKeys>(&reply);
    return judge(
        "apple key set", reply, fetched == nullptr ? "" : fmt::format("{} keys", fetched->set.keys().size()));
}

Findings check_identity(const Config& config) {
    if (config.identity.clients.empty()) {
        return {};
    }
    const auto service = identity::Service::create(config);
    if (!service) {
        return {{Verdict::fail, "apple identity service", service.error().message}};
    }
    Findings findings;
    const auto keys = (*service)->keys();
    findings.push_back(judge_key_set(keys));
    bool reached = true;
    for (const ClientConfig& client : config.identity.clients) {
        if (!reached) {
            findings.push_back(
                {Verdict::skip, fmt::format("apple client {}", client.client_id),
                 "not asked: no answer before"});
            continue;
        }
        const auto reply =
            (*service)->revoke(client, common::Secret{fresh_value()}, identity::Service::Kind::refresh_token);
        reached = !std::holds_alternative<NoAnswer>(reply);
        findings.push_back(judge_client(client, reply));
    }
    return findings;
}

}  // namespace app::doctor
