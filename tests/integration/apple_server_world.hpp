// A scripted Apple on real sockets with one app and one key, and tokens for it made by hand, good and bad.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "worker/dev/apple/server.hpp"

namespace apple_test {

inline const sim::Shop shop{sim::Environment::production, "com.example.tv"};
inline constexpr const char* issuer = "57246542-96fe-1a63-e053-0824d011072a";

// What goes into a token; the defaults make a good one.
struct TokenParts {
    std::string header = R"({"alg":"ES256","kid":"KEY1","typ":"JWT"})";
    std::string iss = issuer;
    std::string aud = R"("appstoreconnect-v1")";  // JSON
    std::string bid = shop.bundle_id;
    std::string sub{};       // empty: left out
    std::int64_t iat = -30;  // from now, seconds
    std::int64_t exp = 600;
    bool der_signature = false;
    bool break_signature = false;
};

// "Bearer ..." signed with the PEM's key.
[[nodiscard]] std::string bearer(const std::string& p8, common::WallTime now, const TokenParts& parts = {});

struct World {
    explicit World(dev::AppleServerOptions options = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] std::string authorization() const;
    void script(std::vector<sim::Fault> faults);  // windows without `from` and `until` are open for ever
    [[nodiscard]] sim::Ledger ledger();
    [[nodiscard]] bool stored(const std::string& value);

    std::filesystem::path directory;
    dev::Certificates certificates;
    std::string p8;
    std::unique_ptr<dev::AppleServer> server;
};

}  // namespace apple_test
