// The example events of schemas/examples, as they lie there.
//
//   valid/*.json               events that decode
//   invalid/CODE--what.json    events that fail, each with that code
#pragma once

#include <string>
#include <vector>

#include "worker/core/event/decode.hpp"

namespace tests {

struct Example {
    std::string name;  // the file's name without .json
    std::string code;  // empty for a valid one
    std::string text;
};

// Sorted by name. An empty list is a failed test, not an empty folder: check for it.
[[nodiscard]] std::vector<Example> valid_examples();
[[nodiscard]] std::vector<Example> invalid_examples();

// The configuration that the examples are written for: one app, "streaming".
[[nodiscard]] core::DecodeRules example_rules();

// A record in structured mode whose key is "account-7f3a", the subject of most examples.
[[nodiscard]] core::Record example_record(std::string value);

// One word a result, for checks and their messages: "valid", or the code.
[[nodiscard]] std::string verdict(const core::Decoded& decoded);

}  // namespace tests
