// Reads JWTs that a client signed with ES256: both of Apple's APIs take one, with other keys and other
// claims.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "worker/sim/apple/token.hpp"

namespace dev {

// A JWT whose signature is good, or what is wrong with it. Only claims that are text or whole numbers are
// kept.
struct ReadJwt {
    std::optional<sim::TokenFlaw> flaw{};  // malformed, algorithm, unknown_key or signature
    std::string key_id{};
    std::map<std::string, std::string, std::less<>> texts{};
    std::map<std::string, std::int64_t, std::less<>> numbers{};

    [[nodiscard]] std::optional<std::string> text(std::string_view claim) const;
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view claim) const;
};

// The public halves of the keys that clients sign with.
class Es256Keys {
public:
    Es256Keys();
    Es256Keys(Es256Keys&&) noexcept;
    Es256Keys& operator=(Es256Keys&&) noexcept;
    ~Es256Keys();

    // `p8` is the private key's PEM; only its public half is kept. A known id gets the new key.
    [[nodiscard]] common::Result<bool> add(const std::string& key_id, std::string_view p8);
    void revoke(const std::string& key_id);  // unknown ids are ignored

    [[nodiscard]] ReadJwt read(std::string_view token) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dev
