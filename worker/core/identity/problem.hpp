// Why something that Apple signed, or seems to have signed, is not taken. The codes are part of the contract
// with whoever looks at dead letters: never rename one.
#pragma once

#include <array>
#include <string>

#include "worker/core/event/invalid_codes.hpp"

namespace core {

// The sentence is made of our own words and of names of claims: never a value from the token.
struct IdentityProblem {
    InvalidCode code;
    std::string sentence;
};

namespace invalid {

inline constexpr InvalidCode malformed_jws{
    "malformed_jws", "The signed payload is not a compact JWS: three parts in base64url, a JSON header."};
inline constexpr InvalidCode unsupported_algorithm{
    "unsupported_algorithm",
    "The signed payload is not signed with RS256, the one algorithm of Apple's keys."};
inline constexpr InvalidCode missing_key_id{
    "missing_key_id", "The signed payload does not name the key that signed it."};
inline constexpr InvalidCode unknown_key_id{
    "unknown_key_id", "The signed payload names a key that is not in Apple's key set."};
inline constexpr InvalidCode bad_signature{
    "bad_signature", "The signature is not Apple's, or what it signed was changed."};
inline constexpr InvalidCode bad_claims{
    "bad_claims", "A claim of the signed payload is absent, repeated or of a wrong type."};
inline constexpr InvalidCode wrong_issuer{"wrong_issuer", "The issuer of the signed payload is not Apple."};
inline constexpr InvalidCode wrong_audience{
    "wrong_audience", "The signed payload is meant for none of our clients."};
inline constexpr InvalidCode expired{"expired", "The signed payload has expired."};
inline constexpr InvalidCode issued_in_future{
    "issued_in_future", "The signed payload says that it was issued in the future."};
inline constexpr InvalidCode replayed_notification{
    "replayed_notification", "The same notification of Apple's came before, in another event."};
inline constexpr InvalidCode wrong_nonce{
    "wrong_nonce", "The nonce of the identity token is absent or not the one of the request."};

}  // namespace invalid

inline constexpr std::array identity_codes{
    invalid::malformed_jws,    invalid::unsupported_algorithm, invalid::missing_key_id,
    invalid::unknown_key_id,   invalid::bad_signature,         invalid::bad_claims,
    invalid::wrong_issuer,     invalid::wrong_audience,        invalid::expired,
    invalid::issued_in_future, invalid::replayed_notification, invalid::wrong_nonce,
};

}  // namespace core
