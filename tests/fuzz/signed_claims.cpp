// The payload of a notification (first byte even) or of an identity token (odd), as if Apple had signed it.
// The check of the signature says yes: only what comes after it is looked for.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "common/base64url.hpp"
#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/identity_promises.hpp"
#include "worker/core/identity/identity_token.hpp"
#include "worker/core/identity/notification.hpp"

namespace {

using namespace std::chrono_literals;

constexpr common::WallTime now{1'800'000'000s};
const std::vector<std::string> ours{"com.example.tv", "com.example.web"};

const core::KeySet& keys() {
    static const core::KeySet set = [] {
        std::string n;
        common::append_base64url(n, std::string(256, '\xFF'));
        return *core::KeySet::parse(R"({"keys":[{"kty":"RSA","kid":"K","e":"AQAB","n":")" + n + R"("}]})");
    }();
    return set;
}

bool yes(const core::RsaKey& /*key*/, std::string_view /*text*/, std::string_view /*signature*/) {
    return true;
}

core::UnverifiedToken signed_by_apple(std::string_view payload) {
    core::UnverifiedToken token;
    token.key_id = "K";
    token.jws.payload = common::Secret{std::string{payload}};
    return token;
}

template <class Verified>
void check_steps(const core::Verification<Verified>& verification) {
    using End = core::IdentityCheck::End;
    const auto first = std::find_if(
        verification.checks.begin(), verification.checks.end(),
        [](const core::IdentityCheck& each) { return each.end != End::passed; });
    const bool passed = first == verification.checks.end();
    INVARIANT(
        passed == std::holds_alternative<Verified>(verification.result), "taken is what passed every check");
    INVARIANT(passed || first->end == End::failed, "a check failed before others were not reached");
    if (const auto* problem = std::get_if<core::IdentityProblem>(&verification.result)) {
        fuzz::check_problem(*problem);
    }
}

template <class Verified>
void check_common(const Verified& taken) {
    INVARIANT(std::find(ours.begin(), ours.end(), taken.audience) != ours.end(), "it is meant for us");
    INVARIANT(taken.issued_at <= now + core::issued_ahead_max, "it was not issued in the future");
    INVARIANT(taken.subject.size() <= 1024, "a name has a bound");
    INVARIANT(!taken.email || !taken.email->empty(), "an address is there or not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    const bool notification = input.byte() % 2 == 0;
    const core::UnverifiedToken token = signed_by_apple(input.rest());
    if (notification) {
        const core::NotificationRules rules{std::string{core::apple_issuer}, ours, now};
        const auto verification = core::verify_in_steps(token, keys(), yes, rules);
        check_steps(verification);
        if (const auto* taken = std::get_if<core::Notification>(&verification.result)) {
            check_common(*taken);
            INVARIANT(!taken->id.empty(), "a repetition can be told");
            INVARIANT(taken->expires_at && *taken->expires_at > now, "it has not expired, and will");
            INVARIANT(
                !core::ends_credentials(taken->type) || !taken->subject.empty(),
                "what ends something is about somebody");
        }
    } else {
        const core::IdentityTokenRules rules{
            std::string{core::apple_issuer}, ours, now, common::Secret{"n-0"}};
        const auto verification = core::verify_identity_token(token, keys(), yes, rules);
        check_steps(verification);
        if (const auto* taken = std::get_if<core::IdentityToken>(&verification.result)) {
            check_common(*taken);
            INVARIANT(!taken->subject.empty(), "it is about somebody");
            INVARIANT(taken->expires_at > now, "it has not expired");
            INVARIANT(taken->has_nonce || taken->nonce_supported == false, "the nonce came back");
        }
    }
    return 0;
}
