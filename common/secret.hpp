// Text that must not be seen: a token value, a JWT, a key.
//
// It does not stream, format or convert to a string (tests/compile_fail proves it); expose() is the one way
// out, so a reader can grep for every place where a secret is used. The bytes are wiped when it dies.
// Ownership: owns its bytes; copies are allowed, each wipes itself.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace common {

// Overwrites the bytes in a way that the optimiser may not remove.
void wipe(std::string& text) noexcept;

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) noexcept : text_{std::move(text)} {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_{std::move(other.text_)} { wipe(other.text_); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe(text_);
            text_ = other.text_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe(text_);
            text_ = std::move(other.text_);
            wipe(other.text_);
        }
        return *this;
    }
    ~Secret() { wipe(text_); }

    [[nodiscard]] std::string_view expose() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend bool operator==(const Secret&, const Secret&) = default;

private:
    std::string text_;
};

}  // namespace common
