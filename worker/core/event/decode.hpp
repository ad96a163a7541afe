// Turns the bytes of one record into an event, or says precisely why that cannot be done.
//
// Reads CloudEvents 1.0 JSON over Kafka (https://github.com/cloudevents/spec, Kafka protocol binding 1.0.2):
//   structured mode: header `content-type: application/cloudevents+json`, or neither that nor a ce_ header
//   binary mode:     headers `ce_id`, `ce_type`, ...; the value is the JSON of `data`
//
// Never throws on any input; work and memory are bounded by the size of the record.
// Unknown fields pass, wrong types do not, and what one event can show of the contract's rules is checked.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "worker/core/event/event.hpp"
#include "worker/core/event/record.hpp"

namespace core {

// What the configuration says about events.
struct DecodeRules {
    std::map<std::string, AppId, std::less<>> apps;
    // Other names of event types, as an account system may already use them.
    std::map<std::string, EventType, std::less<>> type_aliases;
    // Sign in with Apple clients, by client id.
    std::map<std::string, CredentialId, std::less<>> clients{};
    // For fetching Apple's key set; none: no client is configured, so no notification can be for us.
    std::optional<CredentialId> keyless{};
};

[[nodiscard]] Decoded decode(const Record& record, const DecodeRules& rules);

}  // namespace core
