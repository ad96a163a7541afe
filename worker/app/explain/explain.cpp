#include "worker/app/explain/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/utf8.hpp"
#include "worker/app/explain/contradictions.hpp"
#include "worker/app/explain/schema_problems.hpp"
#include "worker/app/explain/structured_form.hpp"
#include "worker/core/command/request.hpp"
#include "worker/core/event/data.hpp"
#include "worker/core/event/decode.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/settle/letter_headers.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::explain {

namespace {

using nlohmann::json;

// Of the structured form; empty: it has none.
std::string app_named_by(const std::optional<json>& form) {
    const json::json_pointer at{"/data/app"};
    return form && form->contains(at) && form->at(at).is_string() ? form->at(at).get<std::string>() : "";
}

std::vector<std::string> clients_named_by(const std::optional<json>& form) {
    std::vector<std::string> clients;
    const json::json_pointer at{"/data/sign_in_with_apple"};
    if (form && form->contains(at) && form->at(at).is_array()) {
        for (const json& session : form->at(at)) {
            if (session.is_object() && session.contains("client_id") && session["client_id"].is_string()) {
                clients.push_back(session["client_id"].get<std::string>());
            }
        }
    }
    return clients;
}

core::DecodeRules rules_for(const std::optional<json>& form, const Config* config) {
    if (config != nullptr) {
        return to_settings(*config).rules;
    }
    core::DecodeRules rules;
    rules.apps.emplace(app_named_by(form), core::AppId{0});
    for (const std::string& client : clients_named_by(form)) {
        rules.clients.emplace(
            client, core::CredentialId{static_cast<std::uint32_t>(rules.clients.size()) + 1});
    }
    rules.keyless = core::CredentialId{0};
    return rules;
}

std::vector<Problem> unknown_clients(const json& form, const core::DecodeRules& rules) {
    std::vector<Problem> problems;
    const json::json_pointer sessions{"/data/sign_in_with_apple"};
    for (std::size_t at = 0;
         form.contains(sessions) && form.at(sessions).is_array() && at < form.at(sessions).size(); ++at) {
        const json& session = form.at(sessions).at(at);
        const auto client = session.is_object() ? session.find("client_id") : session.end();
        if (session.is_object() && client != session.end() && client->is_string() &&
            !rules.clients.contains(client->get<std::string>())) {
            const std::string pointer = fmt::format("/data/sign_in_with_apple/{}/client_id", at);
            problems.push_back(
                {core::invalid::unknown_client.code, pointer,
                 pointer + " names no Sign in with Apple client of the worker's configuration"});
        }
    }
    return problems;
}

// The first is the decoder's; what the other checks find at the same place is the same problem.
std::vector<Problem> all_problems(
    const core::Invalid& verdict, const std::optional<json>& form, const core::DecodeRules& rules) {
    std::vector<Problem> problems{{verdict.code, verdict.pointer, verdict.sentence}};
    if (!form || verdict.code == core::invalid::too_deep.code) {
        return problems;
    }
    const auto add = [&](Problem found) {
        const bool known = std::any_of(problems.begin(), problems.end(), [&](const Problem& each) {
            return each.pointer == found.pointer;
        });
        if (!known) {
            problems.push_back(std::move(found));
        }
    };
    const auto type = verdict.envelope.type;
    json event = *form;
    // Without a type nothing is known of the data; the attributes are the same in every schema.
    const std::string_view schema = core::type_name(type.value_or(core::EventType::password_changed));
    if (type) {
        event["type"] = schema;  // it may have been an alias
    }
    for (Problem& each : schema_problems(event, schema)) {
        if (type || !each.pointer.starts_with("/data/")) {
            add(std::move(each));
        }
    }
    if (const std::string app = app_named_by(form); !app.empty() && !rules.apps.contains(app)) {
        add(
            {core::invalid::unknown_app.code, "/data/app",
             "/data/app names no app of the worker's configuration"});
    }
    if (type && core::ends_or_checks_sessions(*type)) {
        for (Problem& each : unknown_clients(*form, rules)) {
            add(std::move(each));
        }
    }
    if (const auto data = form->find("data"); data != form->end()) {
        for (Problem& each : contradictions(*data, type)) {
            add(std::move(each));
        }
    }
    return problems;
}

std::string masked(std::string_view text) {
    std::size_t characters = 0;
    while (!text.empty()) {
        text.remove_prefix(std::max<std::size_t>(common::character_bytes(text), 1));
        ++characters;
    }
    return fmt::format("•••• ({} character{})", characters, characters == 1 ? "" : "s");
}

// Every string of a JSON body is a token value.
std::string masked_json(const common::Secret& body) {
    auto fields = nlohmann::ordered_json::parse(body.expose());
    for (auto& [name, value] : fields.items()) {
        value = masked(value.get_ref<const std::string&>());
    }
    return fields.dump();
}

std::string ids_of(const std::vector<KeyConfig>& keys) {
    std::string ids;
    for (const KeyConfig& key : keys) {
        ids += fmt::format("{}{}", ids.empty() ? "" : " or ", key.id);
    }
    return ids;
}

// Of a form only the token is a secret, and what stands for it names how long it is.
std::string masked_form(const core::Command& command, const ClientConfig* client) {
    core::Command shown = command;
    shown.value = common::Secret{"VALUE"};
    const core::HttpRequest request =
        core::request_for(shown, core::EndpointId{}, client == nullptr ? "CLIENT" : client->client_id);
    std::string body{request.body.expose()};
    body.replace(body.find("=VALUE") + 1, 5, masked(command.value.expose()));
    const std::string secret = client == nullptr
                                   ? ""
                                   : fmt::format(
                                         " (ES256, kid {}, iss {}, sub {})", ids_of(client->keys),
                                         client->team_id, client->client_id);
    return fmt::format("{}&client_secret=••••{}", body, secret);
}

std::string credential_of(const AppConfig* app) {
    return app == nullptr
               ? "Bearer ••••"
               : fmt::format("Bearer •••• (ES256, kid {}, bid {})", ids_of(app->keys), app->bundle_id);
}

// The form's client_id is the event's own, also without a configuration.
const ClientConfig* client_of(const core::Command& command, const Config* config) {
    const std::size_t first = config == nullptr ? 0 : config->apps.size();
    const std::size_t at = command.credential.value - first;
    return config == nullptr || command.credential.value < first || at >= config->identity.clients.size()
               ? nullptr
               : &config->identity.clients[at];
}

PlannedCommand planned(
    const core::Command& command, std::string pointer, const AppConfig* app, const Config* config) {
    const core::HttpRequest request = core::request_for(command, core::EndpointId{});
    PlannedCommand plan{.action = command.action, .pointer = std::move(pointer)};
    const bool tokens = core::api_of(core::call_of(command.action).made_by) == core::Api::automatic_sign_in;
    if (config != nullptr) {
        plan.request.base_url = tokens ? app->base_url : config->identity.endpoint;
    }
    plan.request.method = request.method;
    plan.request.path = request.path;
    if (!request.content_type.empty()) {
        plan.request.headers.emplace_back("content-type", request.content_type);
    }
    switch (request.place) {
        case core::CredentialPlace::authorization_header:
            plan.request.headers.emplace_back("authorization", credential_of(app));
            plan.request.body = masked_json(request.body);
            break;
        case core::CredentialPlace::client_secret_field:
            plan.request.body = masked_form(command, client_of(command, config));
            break;
        case core::CredentialPlace::nowhere:
            break;
    }
    return plan;
}

// Where in the data each command comes from, in the order of commands_for().
std::string pointer_of(const core::Command& command, std::size_t& token, std::size_t& session) {
    if (command.action == core::Action::key_set) {
        return "payload";
    }
    return core::asks_about_session(command.action) ? fmt::format("sign_in_with_apple/{}", session++)
                                                    : fmt::format("sign_in_tokens/{}", token++);
}

void note_key(const core::Record& record, const std::string& subject, Explanation& explanation) {
    if (!record.key) {
        explanation.notes.emplace_back(
            "The Kafka key is not known. Use the subject: order per account holds within a partition only.");
    } else if (*record.key != subject) {
        explanation.notes.emplace_back(
            "The Kafka key is not the subject. The event is carried out, but not certainly in order with "
            "others of this account.");
    }
}

void explain_event(
    core::Event event, const core::Record& record, const Config* config, Explanation& explanation) {
    explanation.envelope = {event.id, event.source, event.subject, event.traceparent, event.type, event.time};
    note_key(record, event.subject, explanation);
    const AppConfig* const app = config == nullptr ? nullptr : &config->apps.at(event.app.value);
    if (app != nullptr) {
        explanation.app = app->name;
        explanation.time_to_execute = config->time_to_execute[static_cast<std::size_t>(event.type)];
        explanation.deadline =
            event.time + std::chrono::duration_cast<common::WallTime::duration>(*explanation.time_to_execute);
    }
    core::Lineage lineage = core::lineage_of(record.headers);
    if (core::last_header(record.headers, core::letter_header::reason) != nullptr) {
        const std::string* const owed = core::last_header(record.headers, core::letter_header::commands);
        lineage.commands = owed != nullptr ? core::read_command_list(*owed) : std::vector<std::size_t>{};
        explanation.notes.emplace_back(
            "The record is a dead letter; the commands are those that a replay runs.");
    }
    const std::vector<core::Command> commands = core::commands_for(std::move(event));
    const std::size_t first = core::first_to_run(lineage, commands.size());
    std::size_t token = 0;
    std::size_t session = 0;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        PlannedCommand plan = planned(commands[i], pointer_of(commands[i], token, session), app, config);
        plan.ended_before = i < first && commands[i].action != core::Action::key_set;
        explanation.commands.push_back(std::move(plan));
    }
    if (lineage.replays > 0) {
        explanation.notes.push_back(fmt::format(
            "The record is a replayed dead letter{}{}, replayed {} time{}.", lineage.of.empty() ? "" : " of ",
            lineage.of, lineage.replays, lineage.replays == 1 ? "" : "s"));
    }
    if (commands.empty()) {
        explanation.notes.emplace_back(
            "The event names no token, so there is nothing to do; its receipt says so.");
    }
    if (explanation.envelope.type == core::EventType::notification) {
        explanation.notes.emplace_back(
            "The Deletes are sent only if the payload's signature is Apple's, it is meant for a configured "
            "client, and it tells of consent-revoked or account-delete; none of that is checked here. The "
            "key "
            "set is fetched only if the key is not in hand.");
    }
}

}  // namespace

Explanation explained(const core::Record& record, const Config* config) {
    const std::optional<json> form = structured_form(record);
    const core::DecodeRules rules = rules_for(form, config);
    core::Decoded decoded = core::decode(record, rules);
    Explanation explanation;
    explanation.key = record.key;
    if (auto* const invalid = std::get_if<core::Invalid>(&decoded)) {
        explanation.problems = all_problems(*invalid, form, rules);
        explanation.envelope = std::move(invalid->envelope);
    } else {
        explain_event(std::move(std::get<core::Event>(decoded)), record, config, explanation);
        if (config == nullptr) {
            explanation.app = app_named_by(form);
        }
    }
    if (config == nullptr) {
        explanation.notes.emplace_back(
            "Without --config the app's name, aliases of event types and deadlines could not be checked.");
    }
    return explanation;
}

}  // namespace app::explain
