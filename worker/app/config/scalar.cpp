#include "worker/app/config/scalar.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "worker/app/config/diagnostic.hpp"

namespace app {

namespace {

using Parsed = common::Result<Value>;
using common::Error;

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
constexpr std::array duration_units{
    Unit{"ms", 1'000'000},        Unit{"s", 1'000'000'000},      Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000}, Unit{"d", 86'400'000'000'000},
};
constexpr std::array byte_units{
    Unit{"", 1}, Unit{"KiB", 1LL << 10U}, Unit{"MiB", 1LL << 20U}, Unit{"GiB", 1LL << 30U}};

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<double> decimal(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) {
        return std::nullopt;
    }
    return number;
}

// "15m" with the units given; a unit named "" may be left out.
template <class Units>
common::Result<std::int64_t> measured(std::string_view text, const Units& units, std::string_view names) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view unit = text.substr(digits);
    const auto number = whole(text.substr(0, digits));
    if (!number) {
        return Error{
            digits == 0 ? quoted(text) + " does not start with a whole number"
                        : quoted(text) + " is too large"};
    }
    for (const Unit& known : units) {
        if (unit == known.name) {
            std::int64_t product = 0;
            if (__builtin_mul_overflow(*number, known.factor, &product)) {
                return Error{quoted(text) + " is too large"};
            }
            return product;
        }
    }
    return Error{
        unit.empty() ? fmt::format("{} has no unit; there are {}", quoted(text), names)
                     : fmt::format("{} has an unknown unit; there are {}", quoted(text), names)};
}

Parsed boolean(std::string_view text) {
    if (text == "true" || text == "false") {
        return Value{text == "true"};
    }
    return Error{quoted(text) + " is neither true nor false"};
}

Parsed choice(const Key& key, std::string_view text) {
    std::string_view rest = key.allowed;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find('|'));
        if (word == text) {
            return Value{std::string{text}};
        }
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return Error{quoted(text) + " is not one of the choices"};
}

Parsed path(std::string_view text) {
    if (text.find("-----BEGIN") != std::string_view::npos) {
        return Error{"this is the secret itself, not the path of its file"};
    }
    return Value{std::string{text}};
}

Parsed url(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    if (text.substr(0, 7) == "http://") {
        return Error{"tokens would travel in the clear over http"};
    }
    if (text.substr(0, scheme.size()) != scheme) {
        return Error{quoted(text) + " does not start with https://"};
    }
    const std::string_view authority = text.substr(scheme.size());
    if (authority.find('@') != std::string_view::npos) {
        return Error{"a URL with a user or password is refused"};
    }
    if (authority.find_first_of("/?# \t") != std::string_view::npos) {
        return Error{quoted(text) + " has more than a host and a port; paths are Apple's"};
    }
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    const std::string_view host = has_port ? authority.substr(0, colon) : authority;
    const auto port = has_port ? whole(authority.substr(colon + 1)) : std::optional<std::int64_t>{443};
    if (host.empty()) {
        return Error{quoted(text) + " has no host"};
    }
    if (!port || *port < 1 || *port > 65535) {
        return Error{quoted(text) + " has no valid port"};
    }
    return Value{std::string{text}};
}

Parsed form(const Key& key, std::string_view text) {
    switch (key.kind) {
        case Kind::boolean:
            return boolean(text);
        case Kind::integer: {
            const auto number = whole(text);
            return number ? Parsed{Value{*number}} : Parsed{Error{quoted(text) + " is not a whole number"}};
        }
        case Kind::number: {
            const auto number = decimal(text);
            return number ? Parsed{Value{*number}} : Parsed{Error{quoted(text) + " is not a number"}};
        }
        case Kind::duration: {
            const auto nanoseconds = measured(text, duration_units, "ms, s, m, h and d");
            return nanoseconds ? Parsed{Value{common::Duration{*nanoseconds}}} : Parsed{nanoseconds.error()};
        }
        case Kind::bytes: {
            const auto bytes = measured(text, byte_units, "KiB, MiB and GiB");
            return bytes ? Parsed{Value{*bytes}} : Parsed{bytes.error()};
        }
        case Kind::choice:
            return choice(key, text);
        case Kind::path:
            return path(text);
        case Kind::url:
            return url(text);
        case Kind::text:
        case Kind::property:
            break;
    }
    return Value{std::string{text}};
}

}  // namespace

common::Result<Value> parse(const Key& key, std::string_view text) {
    if (text.empty()) {
        if (key.standard && key.standard->empty()) {
            return Value{std::string{}};
        }
        if (key.path != "kafka.group_instance_id") {
            return Error{"it is empty"};
        }
    }
    Parsed value = form(key, text);
    if (!value) {
        return value;
    }
    if (key.kind == Kind::text) {
        const auto longest = whole(key.high);
        if (longest && text.size() > static_cast<std::size_t>(*longest)) {
            return Error{fmt::format("it has {} characters, more than {}", text.size(), *longest)};
        }
        return value;
    }
    // Bounds are written in the key's own notation, so they compare as the same alternative.
    if (!key.low.empty() && *value < *form(key, key.low)) {
        return Error{fmt::format("{} is below {}{}{}", text, key.low, key.why.empty() ? "" : ", ", key.why)};
    }
    if (!key.high.empty() && *value > *form(key, key.high)) {
        return Error{fmt::format("{} is above {}", text, key.high)};
    }
    return value;
}

}  // namespace app
