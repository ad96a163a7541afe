#include "worker/dev/apple/tokens.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "worker/dev/apple/es256.hpp"

namespace dev {
namespace {

using sim::TokenFlaw;
using sim::TokenVerdict;

constexpr std::size_t remembered_max = 4096;

struct Verified {
    TokenVerdict verdict;  // as far as it does not depend on the time
    std::int64_t iat = 0;
    std::int64_t exp = 0;
};

}  // namespace

class Es256Tokens::Impl {
public:
    [[nodiscard]] Verified verify(std::string_view token) const;

    Es256Keys keys;
    std::set<std::string, std::less<>> apps;
    std::optional<std::string> issuer;
    sim::TokenTimes times;
    std::unordered_map<std::string, Verified> remembered;  // by the whole header value

private:
    [[nodiscard]] std::optional<TokenFlaw> claims_flaw(const ReadJwt& claims) const;
};

std::optional<TokenFlaw> Es256Tokens::Impl::claims_flaw(const ReadJwt& claims) const {
    const auto iss = claims.text("iss");
    const auto aud = claims.text("aud");
    const auto bid = claims.text("bid");
    if (!iss || (issuer && *iss != *issuer)) {
        return TokenFlaw::issuer;
    }
    if (!aud || *aud != "appstoreconnect-v1") {
        return TokenFlaw::audience;
    }
    if (!bid || !apps.contains(*bid)) {
        return TokenFlaw::bundle_id;
    }
    return std::nullopt;
}

Verified Es256Tokens::Impl::verify(std::string_view token) const {
    const auto refused = [](TokenFlaw flaw) { return Verified{{flaw, {}, {}}}; };
    const ReadJwt jwt = keys.read(token);
    if (jwt.flaw) {
        return refused(*jwt.flaw);
    }
    if (const auto flaw = claims_flaw(jwt)) {
        return refused(*flaw);
    }
    const auto iat = jwt.number("iat");
    const auto exp = jwt.number("exp");
    if (!iat || !exp) {
        return refused(TokenFlaw::malformed);
    }
    return {{std::nullopt, *jwt.text("bid"), jwt.key_id}, *iat, *exp};
}

Es256Tokens::Es256Tokens() : impl_{std::make_unique<Impl>()} {}
Es256Tokens::Es256Tokens(Es256Tokens&&) noexcept = default;
Es256Tokens& Es256Tokens::operator=(Es256Tokens&&) noexcept = default;
Es256Tokens::~Es256Tokens() = default;

common::Result<bool> Es256Tokens::add_key(const std::string& key_id, std::string_view p8) {
    impl_->remembered.clear();
    return impl_->keys.add(key_id, p8);
}

void Es256Tokens::revoke_key(const std::string& key_id) {
    impl_->keys.revoke(key_id);
    impl_->remembered.clear();
}

void Es256Tokens::set_issuer(std::string issuer) {
    impl_->issuer = std::move(issuer);
    impl_->remembered.clear();
}

void Es256Tokens::add_app(std::string bundle_id) {
    impl_->apps.insert(std::move(bundle_id));
    impl_->remembered.clear();
}

void Es256Tokens::set_times(sim::TokenTimes times) {
    impl_->times = times;
}

TokenVerdict Es256Tokens::check(std::string_view authorization, common::WallTime now) {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) {
        return {TokenFlaw::missing, {}, {}};
    }
    const std::string whole{authorization};
    auto known = impl_->remembered.find(whole);
    if (known == impl_->remembered.end()) {
        if (impl_->remembered.size() >= remembered_max) {
            impl_->remembered.clear();
        }
        known = impl_->remembered.emplace(whole, impl_->verify(authorization.substr(scheme.size()))).first;
    }
    const Verified& verified = known->second;
    if (verified.verdict.flaw) {
        return verified.verdict;
    }
    if (const auto flaw = sim::time_flaw(verified.iat, verified.exp, now, impl_->times)) {
        return {flaw, {}, {}};
    }
    return verified.verdict;
}

}  // namespace dev
