#include "worker/app/sign_in_with_apple/errands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/overloaded.hpp"
#include "worker/adapters/auth/rs256.hpp"
#include "worker/adapters/reactor/system_clock.hpp"
#include "worker/app/config/diagnostic.hpp"
#include "worker/app/refuse.hpp"
#include "worker/app/sign_in_with_apple/files.hpp"
#include "worker/app/sign_in_with_apple/service.hpp"

namespace app::identity {
namespace {

common::Result<const ClientConfig*> client_of(const Config& config, const std::string& id) {
    const std::vector<ClientConfig>& clients = config.identity.clients;
    if (clients.empty()) {
        return common::Error{"the configuration has no sign_in_with_apple.clients"};
    }
    if (id.empty() && clients.size() == 1) {
        return &clients.front();
    }
    const auto found = std::find_if(
        clients.begin(), clients.end(), [&](const ClientConfig& each) { return each.client_id == id; });
    if (found != clients.end()) {
        return &*found;
    }
    std::string known;
    for (const ClientConfig& each : clients) {
        known += (known.empty() ? "" : ", ") + each.client_id;
    }
    return common::Error{fmt::format(
        "{} in sign_in_with_apple.clients; --client is one of: {}",
        id.empty() ? "there are several clients" : "there is no client " + app::quoted(id), known)};
}

// One answer for every way in which a question to Apple ends but the good one.
template <class Answer, class Good>
ExitCode ended(const Reply<Answer>& reply, Question question, Format format, Good good) {
    return std::visit(
        common::Overloaded{
            [&](const Answer& answer) { return good(answer); },
            [&](const Refused& refused) {
                if (!refused.said) {
                    return refuse(ExitCode::cannot_start, without_error(refused.status));
                }
                fmt::print(
                    format == Format::json ? stdout : stderr, "{}",
                    rendered(refused.status, *refused.said, question, format));
                return ExitCode::refused_by_apple;
            },
            [&](const NoAnswer& none) { return refuse(ExitCode::cannot_start, none.why); }},
        reply);
}

struct Complaint {
    ExitCode code = ExitCode::cannot_start;
    std::string message;
};
ExitCode told(const Complaint& complaint) {
    return refuse(complaint.code, complaint.message);
}

// A question that needs a client, something secret and Apple.
struct Prepared {
    const ClientConfig* client = nullptr;
    common::Secret secret;
    std::unique_ptr<Service> service;
};
common::Result<Prepared, Complaint> prepared(const Config& config, const ErrandOptions& options) {
    const auto client = client_of(config, options.client);
    if (!client) {
        return Complaint{ExitCode::usage, client.error().message};
    }
    auto secret = read_secret(options.input);
    if (!secret) {
        return Complaint{ExitCode::cannot_start, secret.error().message};
    }
    if (const auto problem = no_token(secret->expose())) {
        return Complaint{
            ExitCode::cannot_start,
            fmt::format("{}: {}", options.input == "-" ? "standard input" : options.input, *problem)};
    }
    auto service = Service::create(config);
    if (!service) {
        return Complaint{ExitCode::cannot_start, service.error().message};
    }
    return Prepared{*client, *std::move(secret), *std::move(service)};
}

// Where an answer goes: none when it goes to standard output.
common::Result<std::unique_ptr<PrivateFile>> output_of(const ErrandOptions& options) {
    return options.output.empty() ? common::Result<std::unique_ptr<PrivateFile>>{nullptr}
                                  : PrivateFile::open(options.output);
}

ExitCode kept(PrivateFile& file, const common::Secret& text, const std::string& path) {
    if (const auto problem = file.keep(text)) {
        return refuse(ExitCode::cannot_start, problem->message);
    }
    fmt::print(stderr, "{}: written\n", path);
    return ExitCode::ok;
}

using Ask = Reply<core::TokenResponse> (*)(Service&, const Prepared&, const ErrandOptions&);

ExitCode ask_for_tokens(const Config& config, const ErrandOptions& options, Question question, Ask ask) {
    const auto ready = prepared(config, options);
    if (!ready) {
        return told(ready.error());
    }
    const auto file = output_of(options);
    if (!file) {
        return refuse(ExitCode::cannot_start, file.error().message);
    }
    return ended<core::TokenResponse>(
        ask(*ready->service, *ready, options), question, options.format,
        [&](const core::TokenResponse& tokens) {
            if (*file) {
                return kept(**file, common::Secret{rendered(tokens, Format::json, true)}, options.output);
            }
            fmt::print("{}", rendered(tokens, options.format, options.reveal));
            return ExitCode::ok;
        });
}

common::Result<core::KeySet> keys_for(const Config& config, const ErrandOptions& options) {
    if (!options.keys_file.empty()) {
        const auto document = read_secret(options.keys_file);
        if (!document) {
            return document.error();
        }
        auto set = core::KeySet::parse(document->expose());
        return set ? set : common::Error{fmt::format("{}: {}", options.keys_file, set.error().message)};
    }
    const auto service = Service::create(config);
    if (!service) {
        return service.error();
    }
    const auto reply = (*service)->keys();
    if (const auto* fetched = std::get_if<FetchedKeys>(&reply)) {
        return fetched->set;
    }
    const auto* none = std::get_if<NoAnswer>(&reply);
    return common::Error{fmt::format(
        "Apple's key set: {}", none != nullptr ? none->why : without_error(std::get<Refused>(reply).status))};
}

// Not trusted: it only chooses the checks, and a token of the other kind fails them.
bool looks_like_notification(const core::UnverifiedToken& token) {
    const auto claims = nlohmann::json::parse(token.jws.payload.expose(), nullptr, false);
    return claims.is_object() && claims.contains("events");
}

template <class Verified>
ExitCode judged(const core::Verification<Verified>& verification, const ErrandOptions& options) {
    fmt::print("{}", rendered(verification, options.format, options.reveal));
    return std::holds_alternative<Verified>(verification.result) ? ExitCode::ok : ExitCode::not_verified;
}

std::vector<std::string> audiences_of(const Config& config) {
    std::vector<std::string> all = config.identity.audiences;
    for (const ClientConfig& client : config.identity.clients) {
        all.push_back(client.client_id);
    }
    return all;
}

}  // namespace

ExitCode make_client_secret(const Config& config, const ErrandOptions& options) {
    const auto client = client_of(config, options.client);
    if (!client) {
        return refuse(ExitCode::usage, client.error().message);
    }
    const auto secret = client_secret(**client);
    if (!secret) {
        return refuse(ExitCode::cannot_start, secret.error().message);
    }
    if (options.output.empty() && !options.reveal) {
        return refuse(
            ExitCode::usage,
            "a client secret is worth the key while it lives: --output FILE, or --reveal to print it");
    }
    const auto file = output_of(options);
    if (!file) {
        return refuse(ExitCode::cannot_start, file.error().message);
    }
    if (*file) {
        return kept(**file, *secret, options.output);
    }
    fmt::print("{}\n", secret->expose());
    return ExitCode::ok;
}

ExitCode exchange_code(const Config& config, const ErrandOptions& options) {
    if (options.output.empty() && !options.reveal) {
        return refuse(
            ExitCode::usage,
            "a code works once, and its tokens would be lost: --output FILE, or --reveal to print them");
    }
    return ask_for_tokens(
        config, options, Question::exchange,
        [](Service& service, const Prepared& ready, const ErrandOptions& how) {
            return service.exchange(*ready.client, ready.secret, how.redirect_uri);
        });
}

ExitCode refresh_session(const Config& config, const ErrandOptions& options) {
    return ask_for_tokens(
        config, options, Question::refresh,
        [](Service& service, const Prepared& ready, const ErrandOptions&) {
            return service.refresh(*ready.client, ready.secret);
        });
}

ExitCode revoke_session(const Config& config, const ErrandOptions& options) {
    const auto ready = prepared(config, options);
    if (!ready) {
        return told(ready.error());
    }
    const Service::Kind kind = options.kind == "refresh_token"  ? Service::Kind::refresh_token
                               : options.kind == "access_token" ? Service::Kind::access_token
                                                                : Service::Kind::untold;
    return ended<Revoked>(
        ready->service->revoke(*ready->client, ready->secret, kind), Question::revoke, options.format,
        [&](const Revoked&) {
            fmt::print(
                "{}\n", options.format == Format::json
                            ? R"({"answer":"revoked_or_not_valid"})"
                            : "revoked, or not valid before: Apple answers both alike");
            return ExitCode::ok;
        });
}

ExitCode verify_signed(const Config& config, const ErrandOptions& options) {
    const auto text = read_secret(options.input);
    if (!text) {
        return refuse(ExitCode::cannot_start, text.error().message);
    }
    const std::vector<std::string> known = audiences_of(config);
    if (!options.client.empty() && !known.empty() &&
        std::find(known.begin(), known.end(), options.client) == known.end()) {
        return refuse(
            ExitCode::usage,
            fmt::format(
                "there is no client or audience {} in sign_in_with_apple; --client is one of: {}",
                app::quoted(options.client), fmt::join(known, ", ")));
    }
    const std::vector<std::string> audiences = options.client.empty() ? known : std::vector{options.client};
    if (audiences.empty()) {
        return refuse(
            ExitCode::usage,
            "the configuration has no sign_in_with_apple.clients; --client names the audience");
    }
    core::IdentityTokenRules rules{
        .audiences = audiences, .at = adapters::reactor::SystemClock{}.now().wall, .nonce = std::nullopt};
    if (!options.nonce_file.empty()) {
        auto nonce = read_secret(options.nonce_file);
        if (!nonce) {
            return refuse(ExitCode::cannot_start, nonce.error().message);
        }
        rules.nonce = *std::move(nonce);
    }
    const auto read = core::read_signed_token(payload_of(*text).expose());
    if (const auto* problem = std::get_if<core::IdentityProblem>(&read)) {
        return judged(core::Verification<core::IdentityToken>{{}, *problem}, options);
    }
    const auto& token = std::get<core::UnverifiedToken>(read);
    const auto keys = keys_for(config, options);
    if (!keys) {
        return refuse(ExitCode::cannot_start, keys.error().message);
    }
    if (looks_like_notification(token)) {
        return judged(
            core::verify_in_steps(
                token, *keys, auth::rs256_verifies, {rules.issuer, rules.audiences, rules.at}),
            options);
    }
    return judged(core::verify_identity_token(token, *keys, auth::rs256_verifies, rules), options);
}

ExitCode show_keys(const Config& config, const ErrandOptions& options) {
    const auto service = Service::create(config);
    const auto file =
        service ? output_of(options) : common::Result<std::unique_ptr<PrivateFile>>{service.error()};
    if (!file) {
        return refuse(ExitCode::cannot_start, file.error().message);
    }
    return ended<FetchedKeys>(
        (*service)->keys(), Question::refresh, options.format, [&](const FetchedKeys& fetched) {
            if (*file) {
                return kept(**file, common::Secret{fetched.document}, options.output);
            }
            fmt::print("{}", rendered(fetched.set, options.format));
            return ExitCode::ok;
        });
}

}  // namespace app::identity
