#include "worker/app/explain/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "worker/app/config/diagnostic.hpp"
#include "worker/core/settle/text.hpp"

namespace app::explain {

namespace {

using Json = nlohmann::ordered_json;

std::string time_text(common::WallTime time) {
    std::string out;
    core::append_rfc3339(out, time);
    return out;
}

std::string seconds_text(common::Duration duration) {
    return fmt::format("{:g} s", common::seconds(duration));
}

const char* plural(std::size_t count) {
    return count == 1 ? "" : "s";
}

std::string type_text(const core::Envelope& envelope) {
    return envelope.type ? std::string{core::type_name(*envelope.type)} : std::string{};
}

std::string problems_text(const std::string& subject, const Explanation& explanation) {
    std::string out = fmt::format(
        "{}: invalid, {} problem{}. The worker would store a dead letter (reason invalid, code {}).\n\n",
        subject, explanation.problems.size(), plural(explanation.problems.size()),
        explanation.problems.front().code);
    std::size_t place = 0;
    std::size_t code = 0;
    for (const Problem& problem : explanation.problems) {
        place = std::max(place, problem.pointer.size());
        code = std::max(code, problem.code.size());
    }
    for (const Problem& problem : explanation.problems) {
        std::string_view sentence = problem.sentence;
        if (!problem.pointer.empty() && sentence.starts_with(problem.pointer + " ")) {
            sentence.remove_prefix(problem.pointer.size() + 1);  // it stands in front already
        }
        out += fmt::format("  {:<{}}  {:<{}}  {}\n", problem.pointer, place, problem.code, code, sentence);
    }
    return out;
}

std::string_view unknown_base(core::Action action) {
    return core::api_of(core::call_of(action).made_by) == core::Api::automatic_sign_in
               ? "(the app's base URL)"
               : "(the endpoint of Sign in with Apple)";
}

std::string request_text(const PlannedCommand& command) {
    const PlannedRequest& request = command.request;
    std::string out = fmt::format(
        "     {} {}{}\n", request.method,
        request.base_url.empty() ? unknown_base(command.action) : request.base_url, request.path);
    for (const auto& [name, value] : request.headers) {
        out += fmt::format("     {}: {}\n", name, value);
    }
    return request.body.empty() ? out : out + fmt::format("     {}\n", request.body);
}

std::string event_text(const std::string& subject, const Explanation& explanation) {
    const core::Envelope& envelope = explanation.envelope;
    std::string out = fmt::format("{}: valid\n\n", subject);
    const auto line = [&](std::string_view name, const std::string& value) {
        out += fmt::format("  {:<10}{}\n", name, value);
    };
    line(
        "event",
        fmt::format(
            "{}, id {} of {}", type_text(envelope), app::quoted(envelope.id), app::quoted(envelope.source)));
    line("app", app::quoted(explanation.app));
    line(
        "lane",
        fmt::format(
            "account {}, one command at a time, in the order of the log", app::quoted(envelope.subject)));
    if (envelope.time) {
        line("happened", time_text(*envelope.time));
    }
    line(
        "deadline", explanation.deadline
                        ? fmt::format(
                              "{}, {} later", time_text(*explanation.deadline),
                              seconds_text(explanation.time_to_execute.value_or(common::Duration{})))
                        : "not known without --config");
    out += fmt::format(
        "\n{} command{}{}\n", explanation.commands.size(), plural(explanation.commands.size()),
        explanation.commands.size() > 1 ? ", in this order" : "");
    for (std::size_t i = 0; i < explanation.commands.size(); ++i) {
        const PlannedCommand& command = explanation.commands[i];
        out += fmt::format(
            "\n  {}. {} {}{}\n", i + 1, core::action_name(command.action), command.pointer,
            command.ended_before ? ": ended before the record was replayed, not run again" : "");
        if (!command.ended_before) {
            out += request_text(command);
        }
    }
    return out;
}

// Of a form: its text.
Json body_json(const std::string& body) {
    return body.empty() ? Json(nullptr) : body.front() == '{' ? Json::parse(body) : Json(body);
}

Json command_json(const PlannedCommand& command) {
    const PlannedRequest& request = command.request;
    Json headers = Json::object();
    for (const auto& [name, value] : request.headers) {
        headers[name] = value;
    }
    return {
        {"action", core::action_name(command.action)},
        {"pointer", "/data/" + command.pointer},
        {"ended_before", command.ended_before},
        {"request",
         {{"method", request.method},
          {"url", request.base_url.empty() ? Json(nullptr) : Json(request.base_url + request.path)},
          {"path", request.path},
          {"headers", std::move(headers)},
          {"body", body_json(request.body)}}}};
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

std::string text(const std::string& subject, const Explanation& explanation) {
    std::string out =
        explanation.problems.empty() ? event_text(subject, explanation) : problems_text(subject, explanation);
    for (const std::string& each : explanation.now) {
        out += fmt::format("\nnow: {}\n", each);
    }
    if (!explanation.notes.empty()) {
        out += '\n';
    }
    for (const std::string& note : explanation.notes) {
        out += fmt::format("note: {}\n", note);
    }
    return out + "\nNothing was sent.\n";
}

std::string json(const std::string& subject, const Explanation& explanation) {
    const core::Envelope& envelope = explanation.envelope;
    Json problems = Json::array();
    for (const Problem& problem : explanation.problems) {
        problems.push_back(
            {{"code", problem.code}, {"pointer", problem.pointer}, {"sentence", problem.sentence}});
    }
    Json commands = Json::array();
    for (const PlannedCommand& command : explanation.commands) {
        commands.push_back(command_json(command));
    }
    const Json document{
        {"explained", subject},
        {"valid", explanation.problems.empty()},
        {"problems", std::move(problems)},
        {"event",
         {{"id", text_or_null(envelope.id)},
          {"source", text_or_null(envelope.source)},
          {"type", text_or_null(type_text(envelope))},
          {"subject", text_or_null(envelope.subject)},
          {"time", envelope.time ? Json(time_text(*envelope.time)) : Json(nullptr)},
          {"app", text_or_null(explanation.app)}}},
        {"key_is_subject", explanation.key ? Json(*explanation.key == envelope.subject) : Json(nullptr)},
        {"lane", text_or_null(envelope.subject)},
        {"deadline", explanation.deadline ? Json(time_text(*explanation.deadline)) : Json(nullptr)},
        {"commands", std::move(commands)},
        {"now", explanation.now},
        {"notes", explanation.notes}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace app::explain
