#include "worker/sim/identity/book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/invariant.hpp"

namespace sim {
namespace {

std::uint64_t hashed(std::uint64_t seed, std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;
    for (const char letter : text) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
    }
    return hash;
}

}  // namespace

std::string_view end_name(SessionEnd end) noexcept {
    switch (end) {
        case SessionEnd::revoked:
            return "revoked";
        case SessionEnd::withdrawn:
            return "withdrawn";
        case SessionEnd::password_changed:
            return "password_changed";
        case SessionEnd::account_deleted:
            return "account_deleted";
    }
    return "unknown";
}

bool usable_redirect_uri(std::string_view uri) {
    constexpr std::string_view scheme = "https://";
    if (!uri.starts_with(scheme) || uri.find('#') != std::string_view::npos) {
        return false;
    }
    uri.remove_prefix(scheme.size());
    std::string_view host = uri.substr(0, uri.find_first_of("/?"));
    host = host.substr(0, host.rfind(':'));
    const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
    return !numeric && host.front() != '[' && host != "localhost" && !host.ends_with(".localhost") &&
           host.find('.') != std::string_view::npos;
}

void IdentityBook::add_client(IdentityClient client) {
    INVARIANT(
        std::all_of(client.redirect_uris.begin(), client.redirect_uris.end(), usable_redirect_uri),
        "Apple takes https URIs with a domain name only");
    if (client.group.empty()) {
        client.group = client.client_id;
    }
    std::string id = client.client_id;
    clients_.insert_or_assign(std::move(id), std::move(client));
}

void IdentityBook::add_person(IdentityPerson person) {
    std::string account = person.account;
    people_.insert_or_assign(std::move(account), std::move(person));
}

const IdentityClient* IdentityBook::client(std::string_view client_id) const {
    const auto found = clients_.find(client_id);
    return found == clients_.end() ? nullptr : &found->second;
}

const IdentityPerson* IdentityBook::person(std::string_view account) const {
    const auto found = people_.find(account);
    return found == people_.end() ? nullptr : &found->second;
}

const std::string& IdentityBook::group_of(std::string_view client_id) const {
    const IdentityClient* known = client(client_id);
    INVARIANT(known != nullptr, "only known clients have sessions");
    return known->group;
}

std::string IdentityBook::subject(std::string_view account, std::string_view team_id) const {
    const std::string both = fmt::format("{}\n{}", team_id, account);
    const std::uint64_t first = hashed(seed_, both);
    const std::uint64_t second = hashed(first, both);
    return fmt::format("{:06}.{:016x}{:016x}.{:04}", first % 1'000'000, first, second, second % 10'000);
}

bool IdentityBook::shares_email(std::string_view account, std::string_view group) const {
    const auto found = consents_.find({std::string{account}, std::string{group}});
    const IdentityPerson* who = person(account);
    return found != consents_.end() && found->second.email && who != nullptr && !who->email.empty();
}

std::string IdentityBook::email_for(const IdentityPerson& person, std::string_view team_id) const {
    if (!person.private_email || person.email.empty()) {
        return person.email;
    }
    const std::uint64_t name = hashed(seed_, fmt::format("{}\n{}\nrelay", team_id, person.account));
    return fmt::format("{:010x}@privaterelay.appleid.com", name & 0xFFFFFFFFFFULL);
}

bool IdentityBook::consent(std::string_view account, std::string_view group, Scopes asked) {
    return consents_.try_emplace({std::string{account}, std::string{group}}, Consent{asked.email}).second;
}

bool IdentityBook::consents(std::string_view account, std::string_view group) const {
    return consents_.contains({std::string{account}, std::string{group}});
}

std::vector<std::string> IdentityBook::groups_of(std::string_view account) const {
    std::vector<std::string> groups;
    for (const auto& [who, consent] : consents_) {
        if (who.first == account) {
            groups.push_back(who.second);
        }
    }
    return groups;
}

std::string IdentityBook::text(std::string_view prefix, std::size_t letters) {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string out{prefix};
    for (std::size_t i = 0; i < letters; ++i) {
        out += alphabet[random_.below(alphabet.size())];
    }
    return out;
}

std::string IdentityBook::add_code(IdentityCode code) {
    std::string name = text("c", 32) + ".0." + text("s", 21);
    codes_.emplace(name, std::move(code));
    return name;
}

IdentityCode* IdentityBook::code(std::string_view text) {
    const auto found = codes_.find(text);
    return found == codes_.end() ? nullptr : &found->second;
}

std::size_t IdentityBook::open_session(IdentitySession session) {
    session.refresh_token = text("r", 32) + ".0." + text("s", 21);
    tokens_.emplace(
        session.refresh_token, KnownToken{sessions_.size(), TokenKind::refresh_token, session.started});
    sessions_.push_back(std::move(session));
    return sessions_.size() - 1;
}

std::string IdentityBook::add_access_token(std::size_t session, common::Instant now) {
    std::string name = text("a", 32) + ".0." + text("s", 21);
    tokens_.emplace(name, KnownToken{session, TokenKind::access_token, now});
    return name;
}

const KnownToken* IdentityBook::token(std::string_view text) const {
    const auto found = tokens_.find(text);
    return found == tokens_.end() ? nullptr : &found->second;
}

bool IdentityBook::of_group(std::string_view client_id, std::string_view group) const {
    return group.empty() || group_of(client_id) == group;
}

std::size_t IdentityBook::live(std::string_view account, std::string_view group) const {
    return static_cast<std::size_t>(
        std::count_if(sessions_.begin(), sessions_.end(), [&](const IdentitySession& session) {
            return !session.ended && session.account == account && of_group(session.client_id, group);
        }));
}

void IdentityBook::end_session(std::size_t session, SessionEnd end) {
    IdentitySession& ending = sessions_.at(session);
    if (ending.ended) {
        return;
    }
    ending.ended = end;
    const std::string& group = group_of(ending.client_id);
    if (live(ending.account, group) == 0) {
        consents_.erase({ending.account, group});
    }
}

void IdentityBook::end_sessions(std::string_view account, std::string_view group, SessionEnd end) {
    for (IdentitySession& session : sessions_) {
        if (!session.ended && session.account == account && of_group(session.client_id, group)) {
            session.ended = end;
        }
    }
    for (auto& [name, code] : codes_) {
        code.dead = code.dead || (code.account == account && of_group(code.client_id, group));
    }
    if (end == SessionEnd::password_changed) {
        return;
    }
    std::erase_if(consents_, [&](const auto& entry) {
        return entry.first.first == account && (group.empty() || entry.first.second == group);
    });
}

void IdentityBook::forget_person(std::string_view account) {
    end_sessions(account, {}, SessionEnd::account_deleted);
    if (const auto found = people_.find(account); found != people_.end()) {
        found->second.deleted = true;
    }
}

}  // namespace sim
