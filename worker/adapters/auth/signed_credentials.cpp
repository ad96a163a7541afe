#include "worker/adapters/auth/bearer_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/auth/claims.hpp"
#include "worker/adapters/auth/key_file.hpp"

namespace auth {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds complain_every{60};

struct Key {
    std::string id;
    KeyFile file;
    common::Instant next_complaint{};  // may be said again then; in the past while all is well
};

struct Token {
    common::Secret authorization;  // "Bearer <JWT>"
    common::Now signed_at;
};

}  // namespace

class BearerTokens::App {
public:
    explicit App(AppCredential settings) : settings_{std::move(settings)} {
        INVARIANT(
            settings_.lifetime >= token_lifetime_min && settings_.lifetime <= token_lifetime_max,
            "the configuration check lets no other lifetime through");
        INVARIANT(!settings_.keys.empty(), "the configuration check asks for a key");
        for (const KeySettings& key : settings_.keys) {
            keys.push_back({key.id, KeyFile{key.path}});
        }
    }

    [[nodiscard]] const std::string& name() const noexcept { return settings_.app; }

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
        const BearerClaims claims{
            settings_.issuer_id, settings_.bundle_id, now.wall - back_dated, settings_.lifetime};
        const common::Secret jwt = key.file.key()->sign(bearer_header(key.id), bearer_claims(claims));
        constexpr std::string_view scheme = "Bearer ";
        std::string header;
        header.reserve(scheme.size() + jwt.expose().size());
        header.append(scheme).append(jwt.expose());
        token = Token{common::Secret{std::move(header)}, now};
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
    AppCredential settings_;
};

BearerTokens::BearerTokens(
    std::vector<AppCredential> apps, std::function<void(core::Say)> say, common::Now now)
    : say_{std::move(say)}, next_look_{now.steady + look_every} {
    for (AppCredential& settings : apps) {
        apps_.push_back(std::make_unique<App>(std::move(settings)));
        look_at_keys(*apps_.back(), now);
    }
}

BearerTokens::~BearerTokens() = default;

// True when a key was loaded.
bool BearerTokens::look_at_keys(App& app, common::Now now) {
    bool loaded = false;
    for (Key& key : app.keys) {
        const std::vector<std::pair<std::string_view, std::string>> fields{
            {"app", app.name()}, {"kid", key.id}};
        switch (key.file.check()) {
            case KeyFile::Check::unchanged:
                break;
            case KeyFile::Check::loaded:
                loaded = true;
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
        app.use_key_from(0);
        app.token.reset();
    }
    return loaded;
}

common::Result<const common::Secret*> BearerTokens::authorization(core::AppId id, common::Now now) {
    App& app = *apps_.at(id.value);
    if (!app.fresh(now)) {
        const Key& key = app.keys[app.current];
        if (!key.file.key()) {
            return common::Error{key.file.problem()};
        }
        app.sign(now);
    }
    return &app.token->authorization;
}

void BearerTokens::renew(core::AppId id) {
    App& app = *apps_.at(id.value);
    if (!app.token) {
        return;
    }
    app.token.reset();
    const std::size_t refused = app.current;
    app.use_key_from(refused + 1);
    if (app.current != refused) {
        say_(
            {core::Severity::warning,
             "credential_key_switched",
             fmt::format(
                 "Apple refused what was signed with key {}; trying key {}. If the first one was revoked, "
                 "take it out "
                 "of the configuration",
                 app.keys[refused].id, app.keys[app.current].id),
             {{"app", app.name()}, {"kid", app.keys[app.current].id}}});
    }
}

void BearerTokens::collect(common::Now now, std::vector<core::Input>& inputs) {
    if (now.steady < next_look_) {
        return;
    }
    next_look_ = now.steady + look_every;
    for (std::size_t at = 0; at < apps_.size(); ++at) {
        if (look_at_keys(*apps_[at], now)) {
            inputs.emplace_back(core::CredentialChanged{core::AppId{static_cast<std::uint32_t>(at)}});
        }
    }
}

std::vector<CredentialStatus> BearerTokens::status(common::Now now) const {
    std::vector<CredentialStatus> all;
    for (const auto& app : apps_) {
        CredentialStatus& one = all.emplace_back(CredentialStatus{app->name(), app->usable(), std::nullopt});
        if (app->token) {
            one.resigns_in =
                std::max(common::Duration::zero(), app->token->signed_at.steady + app->reuse() - now.steady);
        }
    }
    return all;
}

std::optional<std::string> key_file_problem(const std::string& path) {
    KeyFile file{path};
    return file.check() == KeyFile::Check::unusable ? std::optional{file.problem()} : std::nullopt;
}

}  // namespace auth
