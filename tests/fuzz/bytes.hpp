// Takes a fuzzer's input apart. What is missing at its end reads as zero or as nothing, so every input means
// something and stays meaningful when it is cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

class Bytes {
public:
    Bytes(const std::uint8_t* bytes, std::size_t size) : left_{reinterpret_cast<const char*>(bytes), size} {}

    [[nodiscard]] bool empty() const { return left_.empty(); }

    std::uint8_t byte() {
        const std::string_view one = text(1);
        return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
    }
    // Eight bytes, lowest first.
    std::int64_t number() {
        std::uint64_t all = 0;
        for (unsigned shift = 0; shift < 64; shift += 8) {
            all |= static_cast<std::uint64_t>(byte()) << shift;
        }
        return static_cast<std::int64_t>(all);
    }
    std::string_view text(std::size_t size) {
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(taken.size());
        return taken;
    }
    // Up to the next newline, which is taken too.
    std::string_view line() {
        const std::string_view taken = text(std::min(left_.find('\n'), left_.size()));
        text(1);
        return taken;
    }
    std::string_view rest() { return text(left_.size()); }

private:
    std::string_view left_;
};

}  // namespace fuzz
