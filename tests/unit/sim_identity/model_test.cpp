// Random lives of people, clients and tokens against the obvious slow model: a list of everything that was
// ever handed out, searched from the start.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "tests/unit/sim_identity/scene.hpp"

using namespace sim_test;

namespace {

const std::string people[] = {"alice", "bob"};
const std::string clients[] = {app, other_app, foreign_app};

struct Handed {
    enum class Kind : std::uint8_t { code, refresh, access } kind;
    std::string text;
    std::string account;
    std::string client;
    common::Instant at{};
    std::size_t session = 0;  // tokens
    bool dead = false;        // a code that was used or whose person changed something
};

class Model {
public:
    std::vector<Handed> handed;
    std::vector<bool> sessions;  // live

    [[nodiscard]] bool valid(const Handed& item, common::Instant now) const {
        switch (item.kind) {
            case Handed::Kind::code:
                return !item.dead && now - item.at < 5min;
            case Handed::Kind::access:
                return sessions[item.session] && now - item.at < 1h;
            case Handed::Kind::refresh:
                return sessions[item.session];
        }
        return false;
    }
    void end(const std::string& account, const std::string& client) {  // an empty client: all
        for (Handed& item : handed) {
            if (item.account == account && (client.empty() || item.client == client)) {
                item.dead = true;
                if (item.kind != Handed::Kind::code) {
                    sessions[item.session] = false;
                }
            }
        }
    }
};

struct Life {
    explicit Life(std::uint64_t seed) : random{seed}, scene{{.seed = seed}} {}

    common::Prng random;
    Scene scene;
    Model model;

    template <std::size_t size>
    const std::string& one_of(const std::string (&all)[size]) {
        return all[random.below(size)];
    }
    Handed* any(Handed::Kind kind) {
        std::vector<Handed*> all;
        for (Handed& item : model.handed) {
            if (item.kind == kind) {
                all.push_back(&item);
            }
        }
        // Mostly recent ones, or nearly all would have ended.
        return all.empty() ? nullptr
                           : all[all.size() - 1 - random.below(std::min<std::size_t>(all.size(), 12))];
    }
    // Mostly the client that it was issued to.
    std::string client_for(const Handed& item) {
        return random.below(4) == 0 ? one_of(clients) : item.client;
    }

    void sign_in() {
        const std::string& account = one_of(people);
        const std::string& client = one_of(clients);
        const std::string code = scene.apple.sign_in(account, client, {}, "", scene.now).code;
        model.handed.push_back({Handed::Kind::code, code, account, client, scene.now.steady});
    }
    void hand_out(const Json& tokens, const Handed& source, std::size_t session) {
        model.handed.push_back(
            {Handed::Kind::access, tokens["access_token"], source.account, source.client, scene.now.steady,
             session});
        if (tokens.contains("refresh_token")) {
            model.handed.push_back(
                {Handed::Kind::refresh, tokens["refresh_token"], source.account, source.client,
                 scene.now.steady, session});
        }
    }
    void exchange() {
        Handed* code = any(Handed::Kind::code);
        if (code == nullptr) {
            return;
        }
        const std::string client = client_for(*code);
        const bool good = client == code->client && model.valid(*code, scene.now.steady);
        const sim::Answer answer = scene.exchange(code->text, client);
        CHECK(outcome(answer) == (good ? "200" : "400 invalid_grant"));
        if (good) {
            code->dead = true;
            model.sessions.push_back(true);
            const Handed source = *code;
            hand_out(Json::parse(answer.body), source, model.sessions.size() - 1);
        }
    }
    void refresh() {
        const Handed* token = any(random.below(5) == 0 ? Handed::Kind::access : Handed::Kind::refresh);
        if (token == nullptr) {
            return;
        }
        const std::string client = client_for(*token);
        const bool good = client == token->client && token->kind == Handed::Kind::refresh &&
                          model.valid(*token, scene.now.steady);
        const sim::Answer answer = scene.refresh(token->text, client);
        CHECK(outcome(answer) == (good ? "200" : "400 invalid_grant"));
        if (good) {
            const Handed source = *token;
            hand_out(Json::parse(answer.body), source, source.session);
        }
    }
    void revoke() {
        const Handed* token = any(random.below(2) == 0 ? Handed::Kind::access : Handed::Kind::refresh);
        if (token == nullptr) {
            return;
        }
        const std::string client = client_for(*token);
        const bool own = client == token->client;
        CHECK(outcome(scene.revoke(token->text, client)) == (own ? "200" : "400 invalid_client"));
        if (own && model.valid(*token, scene.now.steady)) {
            model.sessions[token->session] = false;
        }
    }

    void step() {
        switch (random.below(12)) {
            case 0:
            case 1:
            case 2:
                return sign_in();
            case 3:
            case 4:
            case 5:
                return exchange();
            case 6:
            case 7:
                return refresh();
            case 8:
                return revoke();
            case 9: {
                const std::string& account = one_of(people);
                const std::string& client = one_of(clients);
                scene.apple.withdraw(account, client, scene.now);
                return model.end(account, client);
            }
            case 10:
                if (random.below(4) == 0) {
                    const std::string& account = one_of(people);
                    scene.apple.change_password(account);
                    model.end(account, {});
                }
                return;
            default:
                return scene.pass(random.up_to(20min));
        }
    }
};

}  // namespace

TEST_CASE("after any life, exactly the tokens that the model knows to be good are good") {
    std::size_t good = 0;
    std::size_t ended = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Life life{seed};
        for (int i = 0; i < 150; ++i) {
            life.step();
        }
        for (const Handed& item : life.model.handed) {
            if (item.kind != Handed::Kind::code) {
                const bool valid = life.model.valid(item, life.scene.now.steady);
                REQUIRE(life.scene.apple.valid(item.text, life.scene.now.steady) == valid);
                (valid ? good : ended) += 1;
            }
        }
        for (const std::string& account : people) {
            for (const std::string& client : clients) {
                std::set<std::size_t> live;
                for (const Handed& item : life.model.handed) {
                    if (item.kind == Handed::Kind::refresh && item.account == account &&
                        item.client == client && life.model.sessions[item.session]) {
                        live.insert(item.session);
                    }
                }
                REQUIRE(life.scene.apple.book().live(account, client) == live.size());
            }
        }
    }
    CHECK_MESSAGE(good > 100, "lives without good tokens prove nothing");
    CHECK(ended > 100);
}
