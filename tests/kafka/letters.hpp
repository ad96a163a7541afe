// What the worker leaves in Kafka, compared with what was sent.
//
// Errors: Failed.
#pragma once

#include "tests/kafka/scene.hpp"

namespace lane {

// Whether commands were repeated: the receipt of a repeated command has the id of the first one.
enum class Repeats : unsigned char { none, some };

// Exactly the invalid events are dead letters, each byte for byte what lies at the position it names. Returns
// how many were stored again.
std::size_t require_dead_letters(Scene& scene, const History& history, Repeats repeats = Repeats::none);

// One receipt a command; one for an event without commands and for an invalid one.
void require_receipts(Scene& scene, const History& history, Repeats repeats);

}  // namespace lane
