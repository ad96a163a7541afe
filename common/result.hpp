// A value, or the reason why there is none. For failures that are expected and that the caller decides about.
//
//   Result<Config> load(...);
//   if (auto config = load(path)) use(*config); else report(config.error());
//
// value() and error() on the wrong side are our bug and stop the process.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/invariant.hpp"

namespace common {

// The plain error: a sentence for a person, with place and remedy where there are any. Never a secret.
struct Error {
    std::string message;
};

template <class Value, class Problem = Error>
class [[nodiscard]] Result {
public:
    Result(Value value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(Problem problem) : state_{std::in_place_index<1>, std::move(problem)} {}

    explicit operator bool() const noexcept { return state_.index() == 0; }

    Value& value() & {
        INVARIANT(*this, "value() of a Result that holds an error");
        return *std::get_if<0>(&state_);
    }
    const Value& value() const& {
        INVARIANT(*this, "value() of a Result that holds an error");
        return *std::get_if<0>(&state_);
    }
    Value&& value() && { return std::move(value()); }
    const Problem& error() const {
        INVARIANT(!*this, "error() of a Result that holds a value");
        return *std::get_if<1>(&state_);
    }

    Value& operator*() & { return value(); }
    const Value& operator*() const& { return value(); }
    Value&& operator*() && { return std::move(value()); }
    Value* operator->() { return &value(); }
    const Value* operator->() const { return &value(); }

private:
    std::variant<Value, Problem> state_;
};

}  // namespace common
