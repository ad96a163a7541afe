// Filters that find nothing because of a slip. "0 open" must mean that nothing is owed, and never that a name
// was misspelt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/core/letters/read_letter.hpp"
#include "worker/core/letters/selection.hpp"

namespace core {

// What the configuration and the brokers know.
struct KnownNames {
    std::vector<std::string> apps;
    std::vector<std::string> topics;      // that the worker reads
    std::vector<std::string_view> codes;  // errors that a worker of this version writes
    std::int32_t partitions = 0;          // that the dead-letter topic with the most has
    std::int64_t end = 0;                 // that the longest of their partitions has
};

// What no letter can ever match, whatever comes: a sentence each.
[[nodiscard]] std::vector<std::string> contradictions(const Selection& selection, const KnownNames& known);

// Names that are neither known nor said by any letter, whether the other filters chose it or not.
class Doubts {
public:
    Doubts(const Selection& selection, const KnownNames& known);

    // A letter was looked at: what it says is no slip.
    void saw(const Letter& letter);
    // A sentence for each that is left, with what is known.
    [[nodiscard]] std::vector<std::string> sentences() const;

private:
    enum class Name : unsigned char { app, topic, type, code };
    struct Doubt {
        Name name;
        std::string value;
        std::string known;
    };
    void doubt(Name name, const std::vector<std::string>& values, const std::string& known);
    [[nodiscard]] static bool says(const Letter& letter, const Doubt& doubt);

    std::vector<Doubt> names_;
    std::vector<std::string> groups_;  // no letter can say them
};

}  // namespace core
