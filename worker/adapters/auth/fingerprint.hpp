// Keyed fingerprints of token values, for receipts and logs: HMAC-SHA256, cut to 16 bytes, as 32 hex digits.
// With the key, a person can find the events of a known token; without it, nobody can try guesses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/secret.hpp"

namespace auth {

// Copies share the key, so that it fits into core::Settings::fingerprint. Threads: one at a time.
class Fingerprinter {
public:
    // At least 16 bytes; all workers and all starts with the same file give the same fingerprints. Line ends
    // after the last byte do not count. The error names the file, the problem and the remedy.
    [[nodiscard]] static common::Result<Fingerprinter> from_file(const std::string& path);
    // Of this process alone: fingerprints cannot be compared with those of other workers or of the next
    // start.
    [[nodiscard]] static Fingerprinter with_random_key();
    [[nodiscard]] static Fingerprinter with_key(const common::Secret& key);

    // Keeps nothing. Cost: below a microsecond for a token of usual length.
    [[nodiscard]] std::string operator()(std::string_view text) const;

private:
    struct Mac;
    explicit Fingerprinter(std::shared_ptr<const Mac> mac) : mac_{std::move(mac)} {}

    std::shared_ptr<const Mac> mac_;
};

}  // namespace auth
