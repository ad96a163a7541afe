// Who has signed in where: teams, client ids, people, consents, authorization codes and sessions of the
// simulated identity server. State and its rules; no HTTP, no signatures.
//
//   add_client, add_person
//   authorize   person + client        -> code            the first one of a group carries the name
//   exchange    code                   -> session         access token (an hour) and refresh token (no end)
//   a session ends: revoked by us, withdrawn by the person, password changed, account deleted
//
// A group is a primary App ID and the client ids below it: people consent to the group, and notifications go
// to it. The subject belongs to person and team.
// Cost: O(log n) a call, but O(sessions) for what happens to a person.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/prng.hpp"
#include "common/time.hpp"

namespace sim {

struct IdentityClient {
    std::string client_id{};
    std::string team_id{};
    std::string group{};  // the primary App ID; empty: this client is one
    bool native = true;   // an App ID; false: a Services ID, for the web
    std::vector<std::string> redirect_uris{};
    bool may_exchange = true;  // grant types; one that is not allowed is `unauthorized_client`
    bool may_refresh = true;
};

struct IdentityPerson {
    std::string account{};  // the Apple Account, as AppleStore names it
    std::string given_name{};
    std::string family_name{};
    std::string email{};         // empty: none, as with managed accounts
    bool private_email = false;  // the app gets a relay address
    int real_user_status = 2;
    bool deleted = false;
};

enum class SessionEnd : std::uint8_t { revoked, withdrawn, password_changed, account_deleted };
[[nodiscard]] std::string_view end_name(SessionEnd end) noexcept;

struct IdentitySession {
    std::string account{};
    std::string client_id{};
    std::string refresh_token{};
    common::Instant started{};
    std::optional<SessionEnd> ended{};
};

// An authorization code and what it stands for.
struct IdentityCode {
    std::string account{};
    std::string client_id{};
    std::optional<std::string> redirect_uri{};  // none: a native sign-in
    std::string nonce{};
    common::Instant issued{};
    bool used = false;
    bool dead = false;  // the person withdrew, changed the password or is gone
};

enum class TokenKind : std::uint8_t { refresh_token, access_token };

struct KnownToken {
    std::size_t session = 0;  // index into sessions()
    TokenKind kind = TokenKind::refresh_token;
    common::Instant issued{};
};

struct Scopes {
    bool name = false;
    bool email = false;
};

class IdentityBook {
public:
    explicit IdentityBook(std::uint64_t seed) : random_{seed}, seed_{seed} {}

    // Replaces one of the same id. Redirect URIs must be https with a domain name: see usable_redirect_uri.
    void add_client(IdentityClient client);
    void add_person(IdentityPerson person);
    [[nodiscard]] const IdentityClient* client(std::string_view client_id) const;
    [[nodiscard]] const IdentityPerson* person(std::string_view account) const;
    [[nodiscard]] const std::string& group_of(std::string_view client_id) const;

    // Stable for person and team, also after the person stopped and started again.
    [[nodiscard]] std::string subject(std::string_view account, std::string_view team_id) const;
    // The person shared an address with the group, and has one.
    [[nodiscard]] bool shares_email(std::string_view account, std::string_view group) const;
    // The address that the app gets.
    [[nodiscard]] std::string email_for(const IdentityPerson& person, std::string_view team_id) const;

    // A new consent, or a renewed one. True: the first, so the app is told name and email if it asked.
    bool consent(std::string_view account, std::string_view group, Scopes asked);
    [[nodiscard]] bool consents(std::string_view account, std::string_view group) const;
    // Groups of the person's consents.
    [[nodiscard]] std::vector<std::string> groups_of(std::string_view account) const;

    [[nodiscard]] std::string add_code(IdentityCode code);
    [[nodiscard]] IdentityCode* code(std::string_view text);
    // Returns its index.
    std::size_t open_session(IdentitySession session);
    [[nodiscard]] std::string add_access_token(std::size_t session, common::Instant now);
    [[nodiscard]] const KnownToken* token(std::string_view text) const;
    [[nodiscard]] const std::vector<IdentitySession>& sessions() const noexcept { return sessions_; }
    // Live sessions of the person with clients of the group; an empty group: with all.
    [[nodiscard]] std::size_t live(std::string_view account, std::string_view group) const;

    // What is not the last live session of the group leaves the consent as it is; with the last one it goes,
    // so the next sign-in counts as a first one. Nothing happens to ended sessions.
    void end_session(std::size_t session, SessionEnd end);
    // All of the person's with the group (empty: with all groups), codes included. The consent goes unless
    // the password changed.
    void end_sessions(std::string_view account, std::string_view group, SessionEnd end);
    void forget_person(std::string_view account);  // deleted; afterwards nobody can sign in with it

private:
    struct Consent {
        bool email = false;
    };
    [[nodiscard]] std::string text(std::string_view prefix, std::size_t letters);
    [[nodiscard]] bool of_group(std::string_view client_id, std::string_view group) const;

    common::Prng random_;
    std::uint64_t seed_;
    std::map<std::string, IdentityClient, std::less<>> clients_;
    std::map<std::string, IdentityPerson, std::less<>> people_;
    std::map<std::pair<std::string, std::string>, Consent> consents_;  // by account and group
    std::map<std::string, IdentityCode, std::less<>> codes_;
    std::vector<IdentitySession> sessions_;
    std::map<std::string, KnownToken, std::less<>> tokens_;
};

// https, a domain name, no IP address, no localhost, no fragment.
[[nodiscard]] bool usable_redirect_uri(std::string_view uri);

}  // namespace sim
