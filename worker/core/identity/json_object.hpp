// Reads members of a JSON object that somebody else wrote, each against the type that is documented for it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/time.hpp"

namespace core {

inline constexpr std::size_t claim_bytes_max = 1024;
inline constexpr std::size_t json_nesting_max = 16;

// The object that `text` is. None when it is none, is not JSON or UTF-8, is nested deeper than
// json_nesting_max, or has a name twice in one object, of which readers would see different ones.
[[nodiscard]] std::optional<nlohmann::json> json_object(std::string_view text);

// Reads one member after another and keeps the first complaint. A member that is null counts as absent.
// Nothing throws; what is asked for after a complaint is empty.
class MemberReader {
public:
    // `object` must outlive it.
    explicit MemberReader(const nlohmann::json& object) : object_{object} {}

    // From one byte to `bytes_max`.
    [[nodiscard]] std::optional<std::string> text(const char* name, std::size_t bytes_max = claim_bytes_max);
    [[nodiscard]] std::string required_text(const char* name, std::size_t bytes_max = claim_bytes_max);
    [[nodiscard]] std::optional<std::int64_t> number(const char* name);
    // Seconds since 1970, whole, before the year 10000; `or_milliseconds` takes what is too large for seconds
    // of this age (above 10^11) as milliseconds.
    [[nodiscard]] std::optional<common::WallTime> time(const char* name, bool or_milliseconds = false);
    // true, false or the strings "true", "false": Apple sends both.
    [[nodiscard]] std::optional<bool> flag(const char* name);
    // One text, or an array of texts, at most 20.
    [[nodiscard]] std::vector<std::string> texts(const char* name);

    // Complains unless it is there.
    void require(const char* name);
    [[nodiscard]] const nlohmann::json* find(const char* name) const;
    void complain(std::string sentence);
    // "The claim exp is not a number"; none: everything so far was as documented.
    [[nodiscard]] const std::optional<std::string>& complaint() const noexcept { return complaint_; }

private:
    const nlohmann::json& object_;
    std::optional<std::string> complaint_;
};

}  // namespace core
