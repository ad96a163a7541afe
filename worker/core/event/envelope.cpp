#include "worker/core/event/envelope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/utf8.hpp"
#include "worker/core/event/check.hpp"
#include "worker/core/event/text.hpp"

namespace core {
namespace {

constexpr std::string_view prefix = "ce_";
constexpr std::string_view cloudevents = "application/cloudevents";

bool is_attribute(const Header& header) noexcept {
    return same_ignoring_case(std::string_view{header.name}.substr(0, prefix.size()), prefix);
}

// The value of the first header of that name; empty when there is none.
std::string_view header_value(const Headers& headers, std::string_view name) noexcept {
    for (const Header& header : headers) {
        if (header.value && same_ignoring_case(header.name, name)) {
            return *header.value;
        }
    }
    return {};
}

bool starts_ignoring_case(std::string_view text, std::string_view start) noexcept {
    return same_ignoring_case(text.substr(0, start.size()), start);
}

void fill(TextSlot& slot, std::string_view value) {
    if (slot.found != Found::absent) {
        slot.repeated = true;
        return;
    }
    slot.found = Found::right;
    slot.text = value;
}

// CloudEvents: an attribute that is null is the same as one that is not there.
Slot without_null(Slot slot) noexcept {
    if (slot.found == Found::null) {
        slot.found = Found::absent;
    }
    return slot;
}

bool usable(const TextSlot& slot) noexcept {
    return !slot.repeated && slot.found == Found::right && !slot.text.empty() &&
           slot.text.size() <= attribute_bytes_max;
}

MaybeProblem check_attribute(const TextSlot& slot, const char* pointer) {
    return check_string(
        without_null(slot), Where{pointer}, Presence::required, slot.text.size(), attribute_bytes_max);
}

std::optional<EventType> event_type(std::string_view name, const DecodeRules& rules) {
    for (const EventType type : event_types) {
        if (type_name(type) == name) {
            return type;
        }
    }
    const auto alias = rules.type_aliases.find(name);
    return alias == rules.type_aliases.end() ? std::nullopt : std::optional{alias->second};
}

std::string usable_text(TextSlot& slot) {
    return usable(slot) ? std::move(slot.text) : std::string{};
}

}  // namespace

Mode mode_of(const Headers& headers) noexcept {
    if (starts_ignoring_case(media_type(header_value(headers, "content-type")), cloudevents)) {
        return Mode::structured;
    }
    return std::any_of(headers.begin(), headers.end(), is_attribute) ? Mode::binary : Mode::structured;
}

TextSlot* attribute_slot(Draft& draft, std::string_view name) noexcept {
    const std::pair<std::string_view, TextSlot*> slots[] = {
        {"specversion", &draft.specversion},
        {"id", &draft.id},
        {"source", &draft.source},
        {"type", &draft.type},
        {"subject", &draft.subject},
        {"time", &draft.time},
        {"datacontenttype", &draft.datacontenttype},
        {"traceparent", &draft.traceparent},
    };
    for (const auto& [known, slot] : slots) {
        if (known == name) {
            return slot;
        }
    }
    return nullptr;
}

MaybeProblem read_headers(const Headers& headers, Mode mode, Draft& draft) {
    const std::string_view content_type = header_value(headers, "content-type");
    if (mode == Mode::structured) {
        if (starts_ignoring_case(media_type(content_type), cloudevents) &&
            !same_ignoring_case(media_type(content_type), "application/cloudevents+json")) {
            return Problem{
                invalid::unsupported_content_type, "",
                "the content-type header announces CloudEvents in another format than JSON"};
        }
        return std::nullopt;
    }
    for (const Header& header : headers) {
        if (!header.value || !is_attribute(header)) {
            continue;
        }
        std::string name = header.name.substr(prefix.size());
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        TextSlot* slot = attribute_slot(draft, name);
        // In this mode the content-type header is the datacontenttype.
        if (slot == nullptr || slot == &draft.datacontenttype) {
            continue;
        }
        if (!common::is_utf8(*header.value)) {
            return Problem{invalid::not_utf8, "/" + name, fmt::format("the header ce_{} is not UTF-8", name)};
        }
        fill(*slot, *header.value);
    }
    if (!content_type.empty()) {
        fill(draft.datacontenttype, content_type);
    }
    return std::nullopt;
}

Envelope take_envelope(Draft& draft, const Headers& headers, const DecodeRules& rules) {
    Envelope envelope;
    envelope.id = usable_text(draft.id);
    envelope.source = usable_text(draft.source);
    envelope.subject = usable_text(draft.subject);
    if (usable(draft.type)) {
        envelope.type = event_type(draft.type.text, rules);
    }
    if (usable(draft.time)) {
        envelope.time = parse_rfc3339(draft.time.text);
    }
    // A broken trace must not stop a revocation: what is not well-formed is dropped, never a problem.
    if (const std::string_view header = header_value(headers, "traceparent");
        usable(draft.traceparent) && is_traceparent(draft.traceparent.text)) {
        envelope.traceparent = std::move(draft.traceparent.text);
    } else if (is_traceparent(header)) {
        envelope.traceparent = header;
    }
    return envelope;
}

MaybeProblem check_attributes(const Draft& draft, const DecodeRules& rules) {
    if (auto problem = check_attribute(draft.specversion, "/specversion")) {
        return problem;
    }
    if (draft.specversion.text != "1.0") {
        return Problem{invalid::unsupported_specversion, "/specversion", "/specversion is not 1.0"};
    }
    if (auto problem = check_attribute(draft.id, "/id")) {
        return problem;
    }
    if (auto problem = check_attribute(draft.source, "/source")) {
        return problem;
    }
    if (auto problem = check_attribute(draft.type, "/type")) {
        return problem;
    }
    if (!event_type(draft.type.text, rules)) {
        return Problem{
            invalid::unknown_type, "/type",
            "/type is neither an event type of this worker nor a configured alias"};
    }
    if (auto problem = check_attribute(draft.subject, "/subject")) {
        return problem;
    }
    if (auto problem = check_attribute(draft.time, "/time")) {
        return problem;
    }
    if (!parse_rfc3339(draft.time.text)) {
        return Problem{invalid::bad_time, "/time", "/time is not an RFC 3339 date and time with an offset"};
    }
    const Slot format = without_null(draft.datacontenttype);
    if (auto problem = check_slot(format, Where{"/datacontenttype"}, Presence::optional, "a string")) {
        return problem;
    }
    if (format.found == Found::right && !is_json_media_type(draft.datacontenttype.text)) {
        return Problem{
            invalid::unsupported_content_type, "/datacontenttype",
            "the content type of the data is not JSON"};
    }
    return std::nullopt;
}

}  // namespace core
