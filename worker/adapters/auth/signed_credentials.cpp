#include "worker/adapters/auth/signed_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "common/invariant.hpp"
#include "common/overloaded.hpp"
#include "worker/adapters/auth/claims.hpp"
#include "worker/adapters/auth/key_file.hpp"

namespace auth {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds complain_every{60};

struct Key {
    std::string id;
    KeyFile file;
    std::optional<common::WallTime> read{};
    common::Instant next_complaint{};  // may be said again then; in the past while all is well
};

struct Token {
    common::Secret value;  // as the credential's API takes it
    common::Now signed_at;
};

std::chrono::seconds lifetime_max(const Credential& credential) {
    return std::holds_alternative<AppIdentity>(credential.identity) ? token_lifetime_max
                                                                    : secret_lifetime_max;
}

std::string_view which_key(const Credential& credential) {
    return std::holds_alternative<AppIdentity>(credential.identity) ? in_app_purchase_key
                                                                    : sign_in_with_apple_key;
}

struct Words {
    std::string header;
    std::string claims;
    std::string_view scheme{};  // in front of the JWT
};
Words words_of(const Credential& credential, std::string_view key_id, common::WallTime issued_at) {
    return std::visit(
        common::Overloaded{
            [&](const AppIdentity& app) {
                return Words{
                    bearer_header(key_id),
                    bearer_claims({app.issuer_id, app.bundle_id, issued_at, credential.lifetime}), "Bearer "};
            },
            [&](const ClientIdentity& client) {
                return Words{
                    client_secret_header(key_id),
                    client_secret_claims({client.team_id, client.client_id, issued_at, credential.lifetime})};
            }},
        credential.identity);
}

}  // namespace

class SignedCredentials::Signer {
public:
    explicit Signer(Credential settings) : settings_{std::move(settings)} {
        INVARIANT(
            settings_.lifetime >= token_lifetime_min && settings_.lifetime <= lifetime_max(settings_),
            "the configuration check lets no other lifetime through");
        INVARIANT(!settings_.keys.empty(), "the configuration check asks for a key");
        for (const KeySettings& key : settings_.keys) {
            keys.push_back({.id = key.id, .file = KeyFile{key.path, which_key(settings_)}});
        }
    }

    [[nodiscard]] const std::string& name() const noexcept { return settings_.name; }
    // What a log line calls the name.
    [[nodiscard]] std::string_view kind() const noexcept {
        return std::holds_alternative<AppIdentity>(settings_.identity) ? "app" : "client";
    }

    // Never longer than the token can be used: three quarters of its life, of which back-dating spent a
    // minute.
    [[nodiscard]] common::Duration reuse() const { return settings_.lifetime * 3 / 4 - back_dated; }

    // Both clocks are asked: the steady one survives a jump of the wall clock, and after a jump the times in
    // the token are wrong.
    [[nodiscard]] bool fresh(common::Now now) const {
        return token && now.steady < token->signed_at.steady + reuse() &&
               now.wall < token->signed_at.wall + reuse() &&
               now.wall > token->signed_at.wall - back_dated / 2;
    }

    void sign(common::Now now) {
        const Key& key = keys[current];
        const Words words = words_of(settings_, key.id, now.wall - back_dated);
        common::Secret jwt = key.file.key()->sign(words.header, words.claims);
        if (!words.scheme.empty()) {
            std::string header;
            header.reserve(words.scheme.size() + jwt.expose().size());
            header.append(words.scheme).append(jwt.expose());
            jwt = common::Secret{std::move(header)};
        }
        token = Token{std::move(jwt), now};
    }

    // The first key at or after `from` that can sign, around the list; `current` stays when there is none.
    void use_key_from(std::size_t from) {
        for (std::size_t step = 0; step < keys.size(); ++step) {
            const std::size_t at = (from + step) % keys.size();
            if (keys[at].file.key()) {
                current = at;
                return;
            }
        }
    }

    [[nodiscard]] std::size_t usable() const {
        return static_cast<std::size_t>(std::count_if(
            keys.begin(), keys.end(), [](const Key& key) { return key.file.key().has_value(); }));
    }

    std::vector<Key> keys;
    std::size_t current = 0;  // of keys
    std::optional<Token> token;

private:
    Credential settings_;
};

SignedCredentials::SignedCredentials(
    std::vector<Credential> credentials, std::function<void(core::Say)> say, common::Now now)
    : say_{std::move(say)}, next_look_{now.steady + look_every} {
    for (Credential& settings : credentials) {
        signers_.push_back(std::make_unique<Signer>(std::move(settings)));
        look_at_keys(*signers_.back(), now);
    }
}

SignedCredentials::~SignedCredentials() = default;

// True when a key was loaded.
bool SignedCredentials::look_at_keys(Signer& signer, common::Now now) {
    bool loaded = false;
    for (Key& key : signer.keys) {
        const std::vector<std::pair<std::string_view, std::string>> fields{
            {signer.kind(), signer.name()}, {"kid", key.id}};
        switch (key.file.check()) {
            case KeyFile::Check::unchanged:
                break;
            case KeyFile::Check::loaded:
                loaded = true;
                key.read = now.wall;
                key.next_complaint = now.steady;
                say_(
                    {core::Severity::info, "credential_key_loaded",
                     fmt::format("{}: the key was read", key.file.path()), fields});
                if (key.file.warning()) {
                    say_({core::Severity::warning, "credential_key_exposed", *key.file.warning(), fields});
                }
                break;
            case KeyFile::Check::unusable:
                if (now.steady >= key.next_complaint) {
                    key.next_complaint = now.steady + complain_every;
                    say_(
                        {key.file.key() ? core::Severity::warning : core::Severity::error,
                         "credential_key_unusable",
                         fmt::format(
                             "{} ({})", key.file.problem(),
                             key.file.key() ? "the key read before stays in use"
                                            : "nothing can be signed with it"),
                         fields});
                }
                break;
        }
    }
    if (loaded) {
        signer.use_key_from(0);
        signer.token.reset();
    }
    return loaded;
}

common::Result<const common::Secret*> SignedCredentials::authorization(
    core::CredentialId id, common::Now now) {
    Signer& signer = *signers_.at(id.value);
    if (!signer.fresh(now)) {
        const Key& key = signer.keys[signer.current];
        if (!key.file.key()) {
            return common::Error{key.file.problem()};
        }
        signer.sign(now);
    }
    return &signer.token->value;
}

void SignedCredentials::renew(core::CredentialId id) {
    Signer& signer = *signers_.at(id.value);
    if (!signer.token) {
        return;
    }
    signer.token.reset();
    const std::size_t refused = signer.current;
    signer.use_key_from(refused + 1);
    if (signer.current != refused) {
        say_(
            {core::Severity::warning,
             "credential_key_switched",
             fmt::format(
                 "Apple refused what was signed with key {}; trying key {}. If the first one was revoked, "
                 "take it out "
                 "of the configuration",
                 signer.keys[refused].id, signer.keys[signer.current].id),
             {{signer.kind(), signer.name()}, {"kid", signer.keys[signer.current].id}}});
    }
}

void SignedCredentials::collect(common::Now now, std::vector<core::Input>& inputs) {
    if (now.steady < next_look_) {
        return;
    }
    next_look_ = now.steady + look_every;
    for (std::size_t at = 0; at < signers_.size(); ++at) {
        if (look_at_keys(*signers_[at], now)) {
            inputs.emplace_back(core::CredentialChanged{core::CredentialId{static_cast<std::uint32_t>(at)}});
        }
    }
}

std::vector<CredentialStatus> SignedCredentials::status(common::Now now) const {
    std::vector<CredentialStatus> all;
    for (const auto& signer : signers_) {
        CredentialStatus& one = all.emplace_back();
        one.name = signer->name();
        one.keys_usable = signer->usable();
        one.files_unusable = static_cast<std::size_t>(std::count_if(
            signer->keys.begin(), signer->keys.end(), [](const Key& key) { return !key.file.usable(); }));
        if (const Key& key = signer->keys[signer->current]; key.file.key()) {
            one.key_place = signer->current + 1;
            one.key_read = key.read;
        }
        if (signer->token) {
            one.resigns_in = std::max(
                common::Duration::zero(), signer->token->signed_at.steady + signer->reuse() - now.steady);
        }
    }
    return all;
}

std::optional<std::string> key_file_problem(const std::string& path, std::string_view which_key) {
    KeyFile file{path, which_key};
    return file.check() == KeyFile::Check::unusable ? std::optional{file.problem()} : std::nullopt;
}

}  // namespace auth
