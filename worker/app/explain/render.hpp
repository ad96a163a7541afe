// An Explanation for people and for programs.
#pragma once

#include <string>

#include "worker/app/explain/explanation.hpp"

namespace app::explain {

// `subject` is what was explained, "order.json" or "events/3/4711".
[[nodiscard]] std::string text(const std::string& subject, const Explanation& explanation);

// One object; the members are described in schemas/README.md.
[[nodiscard]] std::string json(const std::string& subject, const Explanation& explanation);

}  // namespace app::explain
