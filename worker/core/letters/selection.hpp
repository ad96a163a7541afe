// Which dead letters somebody means: everything that is given must hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/core/letters/read_letter.hpp"

namespace core {

struct Selection {
    std::vector<DeadLetterReason> reasons;  // any of these; empty: all; so for the other lists
    std::vector<std::string> codes;
    std::vector<std::string> types;  // "unknown": also every type that the worker does not know
    std::vector<std::string> apps;
    std::vector<std::string> accounts;
    std::vector<std::string> topics;        // source topics
    std::vector<std::string> events;        // ids
    std::vector<std::string> groups;        // text_of(Signature)
    std::optional<common::WallTime> since;  // last failure at or after
    std::optional<common::WallTime> until;  // last failure before
    std::vector<std::int32_t> partitions;   // of the dead-letter topic
    std::vector<std::int64_t> offsets;      // there
    std::optional<bool> replayed;           // true: at least once; false: never
};

[[nodiscard]] bool selects(const Selection& selection, const Letter& letter);

// Both partitions and offsets are given, so that every letter is meant by its place.
[[nodiscard]] bool names_places(const Selection& selection);

// Nothing is given.
[[nodiscard]] bool selects_everything(const Selection& selection);

// The selection in words for the audit record: "reason=rejected code=400,422"; "everything" when it is empty.
[[nodiscard]] std::string text_of(const Selection& selection);
// The same as it is given on the command line: "--reason rejected --code 400,422"; empty when nothing is.
[[nodiscard]] std::string flags_of(const Selection& selection);

}  // namespace core
