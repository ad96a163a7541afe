#include "worker/app/explain/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/utf8.hpp"
#include "worker/app/explain/contradictions.hpp"
#include "worker/app/explain/schema_problems.hpp"
#include "worker/app/explain/structured_form.hpp"
#include "worker/core/command/request.hpp"
#include "worker/core/event/decode.hpp"
#include "worker/core/event/invalid_codes.hpp"
#include "worker/core/settle/lineage.hpp"

namespace app::explain {

namespace {

using nlohmann::json;

// Of the structured form; empty: it has none.
std::string app_named_by(const std::optional<json>& form) {
    const json::json_pointer at{"/data/app"};
    return form && form->contains(at) && form->at(at).is_string() ? form->at(at).get<std::string>() : "";
}

core::DecodeRules rules_for(const std::optional<json>& form, const Config* config) {
    if (config != nullptr) {
        return to_settings(*config).rules;
    }
    core::DecodeRules rules;
    rules.apps.emplace(app_named_by(form), core::AppId{0});
    return rules;
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

// Every string of the body is a token value.
std::string masked_body(const common::Secret& body) {
    auto fields = nlohmann::ordered_json::parse(body.expose());
    for (auto& [name, value] : fields.items()) {
        value = masked(value.get_ref<const std::string&>());
    }
    return fields.dump();
}

std::string credential_of(const AppConfig* app) {
    if (app == nullptr) {
        return "Bearer ••••";
    }
    std::string ids;
    for (const KeyConfig& key : app->keys) {
        ids += fmt::format("{}{}", ids.empty() ? "" : " or ", key.id);
    }
    return fmt::format("Bearer •••• (ES256, kid {}, bid {})", ids, app->bundle_id);
}

PlannedCommand planned(const core::Command& command, std::size_t token, const AppConfig* app) {
    const core::HttpRequest request = core::request_for(command, core::AppId{}, core::EndpointId{});
    PlannedCommand plan{.action = command.action, .token = token};
    plan.request.base_url = app == nullptr ? "" : app->base_url;
    plan.request.path = request.path;
    plan.request.headers = {
        {"content-type", std::string{request.content_type}}, {"authorization", credential_of(app)}};
    plan.request.body = masked_body(request.body);
    return plan;
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
    const core::Lineage lineage = core::lineage_of(record.headers);
    const std::vector<core::Command> commands = core::commands_for(std::move(event));
    const std::size_t first = core::first_to_run(lineage, commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
        PlannedCommand plan = planned(commands[i], i, app);
        plan.ended_before = i < first;
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
