// The scripted Apple, Sign in with Apple side: requests in, answers out, faults by script. The simulation
// calls it directly; worker/dev puts it behind real sockets.
//
//   PlainSecrets secrets{.teams_by_key = {{"KEY", "TEAM123456"}}};
//   AppleIdentity apple{std::ref(secrets), plain_identity_crypto(), choose};
//   apple.book().add_client({.client_id = "com.example.tv", .team_id = "TEAM123456"});
//   apple.book().add_person({.account = "alice", .email = "alice@example.com"});
//   auto signed_in = apple.sign_in("alice", "com.example.tv", {.email = true}, "nonce", now);   // on her
//   device Answer answer = apple.handle({.path = "/auth/token", .content_type = form_type, .body = ...},
//   now);
//
// Endpoints: GET /auth/keys, GET /auth/authorize, POST /auth/token, POST /auth/revoke. Answers are carried
// out as those of sim::Apple are (delay, wire, landing). Order: faults on the way, method and path, content
// type and form, the client's secret, forbid and throttle, parameters, the token itself, effect.
// Answer::documented is false where the answer is this simulator's own choice; see IdentityOptions.
//
// Ownership: owns people, sessions, keys, notifications, script and ledger. Threads: none; the caller locks.
// Errors: none; whatever the request is, there is an answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/prng.hpp"
#include "common/time.hpp"
#include "worker/sim/apple/apple.hpp"
#include "worker/sim/apple/course.hpp"
#include "worker/sim/identity/book.hpp"
#include "worker/sim/identity/form.hpp"
#include "worker/sim/identity/keys.hpp"
#include "worker/sim/identity/ledger.hpp"
#include "worker/sim/identity/notices.hpp"
#include "worker/sim/identity/options.hpp"
#include "worker/sim/identity/secret.hpp"

namespace sim {

inline constexpr std::string_view form_type = "application/x-www-form-urlencoded";

// Who sits at the browser that calls /auth/authorize: its sign-in page is not simulated.
struct Visitor {
    std::string account{};
    bool approves = true;  // false: user_cancelled_authorize
};

// What an app gets from a sign-in on the device.
struct SignIn {
    std::string code{};
    std::string identity_token{};
    std::string user{};  // JSON with name and email; empty but for the first authorization
};

class AppleIdentity {
public:
    AppleIdentity(
        SecretCheck check, IdentityCrypto crypto, Choose choose, const IdentityOptions& options = {});
    AppleIdentity(const AppleIdentity&) = delete;
    AppleIdentity& operator=(const AppleIdentity&) = delete;

    void script(std::vector<Fault> faults) { course_.faults().replace(std::move(faults)); }
    void add(Fault fault) { course_.faults().add(std::move(fault)); }

    [[nodiscard]] Answer handle(const Request& request, common::Now now);
    // The late landing of a request, as sim::Apple has it. An id lands once.
    [[nodiscard]] Answer land(LandingId id, common::Now now);
    [[nodiscard]] std::size_t in_the_air() const noexcept { return course_.in_the_air(); }

    // What people do. They, the client ids and groups must be known.
    [[nodiscard]] SignIn sign_in(
        std::string_view account, std::string_view client_id, Scopes asked, std::string_view nonce,
        common::Now now);
    void seat(std::optional<Visitor> visitor) { visitor_ = std::move(visitor); }
    void change_password(std::string_view account);
    void withdraw(std::string_view account, std::string_view group, common::Now now);  // stop using the app
    void delete_account(std::string_view account, common::Now now);
    void set_forwarding(
        std::string_view account, std::string_view group, bool forwards, common::Now now);  // of the relay

    [[nodiscard]] IdentityBook& book() noexcept { return book_; }
    [[nodiscard]] const IdentityBook& book() const noexcept { return book_; }
    [[nodiscard]] IdentityKeys& keys() noexcept { return keys_; }
    [[nodiscard]] const IdentityKeys& keys() const noexcept { return keys_; }
    [[nodiscard]] IdentityNotices& notices() noexcept { return notices_; }
    [[nodiscard]] const IdentityNotices& notices() const noexcept { return notices_; }
    [[nodiscard]] IdentityOptions& options() noexcept { return options_; }
    [[nodiscard]] const IdentityLedger& ledger() const noexcept { return course_.ledger(); }
    [[nodiscard]] std::uint64_t requests() const noexcept { return course_.requests(); }

    // A session's token that signs in today: a refresh token of a live session, or an access token within its
    // hour.
    [[nodiscard]] bool valid(std::string_view token, common::Instant now) const;

private:
    struct Call;

    [[nodiscard]] Call read(const Request& request, common::Now now, common::Instant received);
    [[nodiscard]] bool ends(Call& call, FaultKind kind, int status);
    void decide(Call& call);

    void serve_keys(Call& call);
    void serve_client(Call& call);  // token, revoke
    [[nodiscard]] bool well_formed(Call& call);
    [[nodiscard]] bool authenticated(Call& call);
    [[nodiscard]] bool spared(Call& call);
    void grant(Call& call);
    void exchange_code(Call& call);
    void check_refresh_token(Call& call);
    [[nodiscard]] bool throttled_check(Call& call, const IdentitySession& session);
    void answer_tokens(Call& call, std::size_t session, std::string_view nonce, bool with_refresh_token);
    void revoke(Call& call);
    void end_by_service(Call& call, std::size_t session);
    void refuse(Call& call, IdentityError error, std::string_view description) const;

    [[nodiscard]] SignIn authorize(
        const IdentityClient& client, Scopes asked, IdentityCode code, common::Now now);
    void serve_authorize(Call& call);
    [[nodiscard]] std::optional<IdentityError> authorization_error(const Call& call) const;
    void deliver(Call& call, std::vector<std::pair<std::string, std::string>> fields) const;
    [[nodiscard]] std::string user_json(
        const IdentityPerson& person, Scopes asked, std::string_view team) const;

    [[nodiscard]] std::string identity_token(
        const IdentityClient& client, std::string_view account, std::string_view nonce, std::string_view code,
        std::string_view access_token, common::WallTime clock);
    [[nodiscard]] bool as_text();
    void tell(NoticeType type, std::string_view account, std::string_view group, common::Now now);

    SecretCheck check_;
    Course<IdentityEntry> course_;
    IdentityOptions options_;
    common::Prng random_;
    IdentityBook book_;
    IdentityKeys keys_;
    IdentityNotices notices_;
    std::optional<Visitor> visitor_;
    std::map<std::pair<std::string, std::string>, common::Instant> checked_;  // by account and client id
};

}  // namespace sim
