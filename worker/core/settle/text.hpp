// How settle writes what leaves for Kafka: times and JSON strings.
#pragma once

#include <string>
#include <string_view>

#include "common/time.hpp"

namespace core {

// Appends RFC 3339 in UTC with milliseconds, "2026-01-31T09:05:07.042Z". Years outside 0 to 9999 have no such
// form: the nearest time that has one is written.
void append_rfc3339(std::string& out, common::WallTime time);

// Appends `text` as a JSON string, quotes included. Takes any bytes: what is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace core
