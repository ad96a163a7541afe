#include "worker/adapters/auth/claims.hpp"

#include <nlohmann/json.hpp>

namespace auth {
namespace {

// Text from the configuration need not be UTF-8; Apple will refuse it then, but signing must not throw.
std::string text_of(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string bearer_header(std::string_view key_id) {
    return text_of({{"alg", "ES256"}, {"kid", key_id}, {"typ", "JWT"}});
}

std::string bearer_claims(const BearerClaims& claims) {
    const auto issued_at = std::chrono::floor<std::chrono::seconds>(claims.issued_at).time_since_epoch();
    return text_of(
        {{"iss", claims.issuer_id},
         {"iat", issued_at.count()},
         {"exp", (issued_at + claims.lifetime).count()},
         {"aud", "appstoreconnect-v1"},
         {"bid", claims.bundle_id}});
}

}  // namespace auth
