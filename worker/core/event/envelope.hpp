// The CloudEvents side of a record: which Kafka mode it is in, and its context attributes.
#pragma once

#include <cstdint>
#include <string_view>

#include "worker/core/event/decode.hpp"
#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"
#include "worker/core/event/record.hpp"

namespace core {

enum class Mode : std::uint8_t { structured, binary };

// A content type of application/cloudevents... decides for structured mode; without it, any ce_ header for
// binary mode. A record with neither is tried as structured: many producers set no content type.
[[nodiscard]] Mode mode_of(const Headers& headers) noexcept;

// The slot of a context attribute that the worker interprets; null for any other name.
[[nodiscard]] TextSlot* attribute_slot(Draft& draft, std::string_view name) noexcept;

// Fills the attributes from the headers: all of them in binary mode; in structured mode only what the event
// itself cannot say. Header names are compared without case, since client libraries differ. The problem:
// a header that is not UTF-8, or a content type that is not JSON.
[[nodiscard]] MaybeProblem read_headers(const Headers& headers, Mode mode, Draft& draft);

// The attributes as far as they are usable, each on its own; moves the texts out of the draft.
[[nodiscard]] Envelope take_envelope(Draft& draft, const Headers& headers, const DecodeRules& rules);

// The first attribute that breaks the contract, in the order specversion, id, source, type, subject, time,
// datacontenttype. To be asked before take_envelope().
[[nodiscard]] MaybeProblem check_attributes(const Draft& draft, const DecodeRules& rules);

}  // namespace core
