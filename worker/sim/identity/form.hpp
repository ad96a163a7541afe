// application/x-www-form-urlencoded: bodies and queries of the identity server, read and written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim {

class Form {
public:
    // Reads everything it can; see malformed().
    explicit Form(std::string_view text);

    // A broken %XX, or a character that has to be percent-encoded and is not (blanks, quotes, control and
    // non-ASCII bytes). What is merely unusual unencoded, as `:` and `/`, passes.
    [[nodiscard]] bool malformed() const noexcept { return malformed_; }
    [[nodiscard]] bool repeated() const;  // a name came twice
    // The first of that name; null: none. An empty value counts as none.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::string value_or_empty(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

private:
    [[nodiscard]] std::string decoded(std::string_view text);

    std::vector<std::pair<std::string, std::string>> fields_;
    bool malformed_ = false;
};

// Writes blanks as %20, so that it can stand in a fragment too.
[[nodiscard]] std::string form_text(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace sim
