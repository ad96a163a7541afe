#include "worker/adapters/auth/claims.hpp"

#include <nlohmann/json.hpp>

namespace auth {
namespace {

// Text from the configuration need not be UTF-8; Apple will refuse it then, but signing must not throw.
std::string text_of(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::chrono::seconds whole_seconds(common::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch();
}

}  // namespace

std::string bearer_header(std::string_view key_id) {
    return text_of({{"alg", "ES256"}, {"kid", key_id}, {"typ", "JWT"}});
}

std::string bearer_claims(const BearerClaims& claims) {
    const std::chrono::seconds issued_at = whole_seconds(claims.issued_at);
    return text_of(
        {{"iss", claims.issuer_id},
         {"iat", issued_at.count()},
         {"exp", (issued_at + claims.lifetime).count()},
         {"aud", "appstoreconnect-v1"},
         {"bid", claims.bundle_id}});
}

std::string client_secret_header(std::string_view key_id) {
    return text_of({{"alg", "ES256"}, {"kid", key_id}});
}

std::string client_secret_claims(const ClientSecretClaims& claims) {
    const std::chrono::seconds issued_at = whole_seconds(claims.issued_at);
    return text_of(
        {{"iss", claims.team_id},
         {"iat", issued_at.count()},
         {"exp", (issued_at + claims.lifetime).count()},
         {"aud", "https://appleid.apple.com"},
         {"sub", claims.client_id}});
}

}  // namespace auth
