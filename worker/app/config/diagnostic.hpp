// What an operator got wrong: where, what, the rule and the way out. All problems are collected and shown at
// once.
//
//   worker.yaml:14:18: apple.in_flight_max: error: 0 is below 1, so nothing would ever be sent
//       expected a whole number from 1 to 100000 (default 1000)
//       try      in_flight_max: 1000
//   1 error; the worker would not start
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace app {

// Where a value was written. A `variable` means the environment; line 0 means the file as a whole.
struct Origin {
    int line = 0;
    int column = 0;
    std::string variable{};
};

// `skipped`: a file that nobody looked at, since the caller wanted it so; what is in it may be wrong.
enum class Gravity : unsigned char { error, warning, skipped };

// The texts hold no secret: values are quoted only where a value cannot be one.
struct Diagnostic {
    Gravity gravity = Gravity::error;
    Origin origin{};
    std::string key{};  // "apple.in_flight_max"; empty: the file itself
    std::string problem{};
    std::string expected{};  // the rule; may be empty
    std::string remedy{};    // what to write or do; may be empty
};

struct Report {
    std::string file;
    std::vector<Diagnostic> diagnostics{};

    void add(Diagnostic diagnostic) { diagnostics.push_back(std::move(diagnostic)); }
    [[nodiscard]] std::size_t count(Gravity gravity) const;
    [[nodiscard]] bool ok() const { return count(Gravity::error) == 0; }
};

// In the order of the file, environment last, ending with a line that says whether the worker would start.
[[nodiscard]] std::string render(const Report& report);

// 'text' for a message: shortened, control characters and quotes made visible.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace app
