// Every key of the configuration, as data: checked, documented and overridden from this one table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace app {

enum class Kind : unsigned char {
    boolean,
    integer,
    number,
    duration,  // "200ms" "10s" "15m" "1h" "2d"
    bytes,     // "512" "64KiB" "64MiB" "1GiB"
    text,
    choice,
    path,      // of a file; relative to the folder of the configuration file
    url,       // https://host or https://host:port
    property,  // text that is never quoted in a message: people put passwords there
};

struct Key {
    // Levels joined by dots; "[]" is an item of a list, "*" a name the operator chooses.
    std::string_view path;
    Kind kind = Kind::text;
    // As one would write it in the file; none: the key must be given. "" is: nothing, off.
    std::optional<std::string_view> standard{};
    // The range, in the kind's own notation; empty: no bound. For texts: how many characters at most.
    std::string_view low{};
    std::string_view high{};
    std::string_view allowed{};  // choice: the words, separated by '|'
    std::string_view example{};
    std::string_view help{};  // one sentence
    std::string_view why{};   // what would happen below `low`: "so nothing would ever be sent"
};

[[nodiscard]] std::span<const Key> keys() noexcept;

// "AUTOSIGNIN_APPS__0__NAME" for "apps[0].name"; "AUTOSIGNIN_APPS__N__NAME" for "apps[].name".
[[nodiscard]] std::string variable_name(std::string_view path);

// The last level, as it is written in the file: "in_flight_max", or "-" for an item of a list.
[[nodiscard]] std::string_view leaf_name(std::string_view path);

// "a whole number from 1 to 100000 (default 1000)"
[[nodiscard]] std::string expectation(const Key& key);

// "in_flight_max: 1000", for the file or, with a variable, for the environment. `path` is where it was given,
// as in "events.type_aliases.deleted"; for an item of a list the key's own. Empty for a property of
// librdkafka, whose values are not known here.
[[nodiscard]] std::string suggestion(const Key& key, std::string_view path, std::string_view variable);

}  // namespace app
