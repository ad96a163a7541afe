#include "worker/core/identity/signed_token.hpp"

#include <utility>

namespace core {

std::variant<UnverifiedToken, IdentityProblem> read_signed_token(std::string_view text) {
    auto read = read_compact_jws(text);
    if (auto* problem = std::get_if<IdentityProblem>(&read)) {
        return std::move(*problem);
    }
    auto& jws = std::get<CompactJws>(read);
    if (jws.header.algorithm != "RS256") {
        return IdentityProblem{invalid::unsupported_algorithm, "alg is not RS256"};
    }
    if (!jws.header.key_id) {
        return IdentityProblem{invalid::missing_key_id, "the header has no kid"};
    }
    std::string key_id = *jws.header.key_id;
    return UnverifiedToken{std::move(key_id), std::move(jws)};
}

}  // namespace core
