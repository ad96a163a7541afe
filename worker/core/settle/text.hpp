// How settle writes what leaves for Kafka: times.
#pragma once

#include <string>

#include "common/time.hpp"

namespace core {

// Appends RFC 3339 in UTC with milliseconds, "2026-01-31T09:05:07.042Z". Years outside 0 to 9999 have no such
// form: the nearest time that has one is written.
void append_rfc3339(std::string& out, common::WallTime time);

}  // namespace core
