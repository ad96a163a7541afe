// Fills a draft from JSON text in one pass, without building a document.
#pragma once

#include <cstdint>
#include <string_view>

#include "worker/core/event/draft.hpp"
#include "worker/core/event/problem.hpp"

namespace core {

enum class JsonRoot : std::uint8_t { envelope, data };

// Reads `text`, whose root is a whole event or only its data. The problem says that the text is no JSON, no
// UTF-8 or nested too deep; the draft then holds what came before. Everything else is left to the checks.
// Never throws, never recurses; members that the contract does not name are skipped, whatever they hold.
// Secrets: token values are copied once, into a common::Secret, and the parser's string buffer is wiped. Its
// copy of the raw token (for error messages we never make) cannot be reached from here: that one is left to
// the wiping operator delete of the program.
[[nodiscard]] MaybeProblem read_json(std::string_view text, JsonRoot root, Draft& draft);

}  // namespace core
