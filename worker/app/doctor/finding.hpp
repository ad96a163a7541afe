// What one check of a deployment came to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace app::doctor {

// A warning is something that works today; skip is something that was not looked at, and says why.
enum class Verdict : std::uint8_t { pass, warn, fail, skip };
[[nodiscard]] std::string_view verdict_name(Verdict verdict) noexcept;

struct Finding {
    Verdict verdict = Verdict::pass;
    std::string check;     // "kafka topic account-events"
    std::string sentence;  // what was found; never a secret
    std::string remedy{};  // what to do; lines

    friend bool operator==(const Finding&, const Finding&) = default;
};
using Findings = std::vector<Finding>;

// A line a finding, its remedy below it, and the count at the end.
[[nodiscard]] std::string text(const Findings& findings);
// {"fit": true, "findings": [{"verdict", "check", "sentence", "remedy"}]}
[[nodiscard]] std::string json(const Findings& findings);

// No check failed.
[[nodiscard]] bool fit(const Findings& findings);

}  // namespace app::doctor
