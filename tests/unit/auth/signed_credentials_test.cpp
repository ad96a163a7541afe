#include "worker/adapters/auth/signed_credentials.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace std::chrono_literals;
using auth::AppIdentity;
using auth::ClientIdentity;
using auth::Credential;
using auth::SignedCredentials;
using testing::at;

namespace {

const core::CredentialId app{0};

// The tokens of one credential, an app's unless told, what they said and what they told the engine.
struct Fixture {
    explicit Fixture(
        std::vector<auth::KeySettings> keys, std::chrono::seconds lifetime = 20min,
        std::variant<AppIdentity, ClientIdentity> identity = AppIdentity{"issuer", "com.example.tv"})
        : tokens{
              {Credential{"tv", std::move(identity), std::move(keys), lifetime}},
              [this](core::Say line) { lines.push_back(std::move(line)); },
              at(0ms)} {}

    std::string header(common::Now now) {
        const auto value = tokens.authorization(app, now);
        REQUIRE(value);
        return std::string{(*value)->expose()};
    }
    std::string jwt(common::Now now) { return header(now).substr(7); }
    std::size_t changes(common::Now now) {
        std::vector<core::Input> inputs;
        tokens.collect(now, inputs);
        return inputs.size();
    }
    std::size_t said(std::string_view event) const {
        std::size_t times = 0;
        for (const core::Say& line : lines) {
            times += line.event == event ? 1U : 0U;
        }
        return times;
    }

    std::vector<core::Say> lines;
    SignedCredentials tokens;
};

std::string kid_of(std::string_view jwt) {
    return nlohmann::json::parse(testing::take_apart(jwt).header).at("kid").get<std::string>();
}

}  // namespace

TEST_CASE("a bearer token is signed once, back-dated, and never lives longer than Apple allows") {
    const testing::TempDir dir;
    const testing::Key key = testing::ec_key();
    const std::string path = dir.write("a.p8", testing::private_pem(key.get()));
    for (const std::chrono::seconds lifetime : {120s, 1200s, 3600s}) {
        CAPTURE(lifetime.count());
        Fixture fixture{{{"A", path}}, lifetime};
        const std::string value = fixture.header(at(5s));
        REQUIRE(value.starts_with("Bearer "));
        CHECK(testing::verifies(key.get(), fixture.jwt(at(5s))));
        const auto claims = nlohmann::json::parse(testing::take_apart(fixture.jwt(at(5s))).claims);
        const auto issued_at = claims.at("iat").get<std::int64_t>();
        const auto expires_at = claims.at("exp").get<std::int64_t>();
        CHECK(issued_at == 1'800'000'005 - 60);
        CHECK(expires_at - issued_at == lifetime.count());
        CHECK(expires_at - issued_at <= 3600);

        const auto reuse = lifetime * 3 / 4 - 60s;
        CHECK(fixture.header(at(5s + reuse - 1ms)) == value);
        CHECK(fixture.header(at(5s + reuse)) != value);
        CHECK(5s + reuse + 30s <= 5s - 60s + lifetime);  // signed again at least 30 s before it expires
    }
}

TEST_CASE("a client secret says what Apple documents, bare, and never lives longer than six months") {
    const testing::TempDir dir;
    const testing::Key key = testing::ec_key();
    const std::string path = dir.write("a.p8", testing::private_pem(key.get()));
    for (const std::chrono::seconds lifetime : {120s, 3600s, 15'777'000s}) {
        CAPTURE(lifetime.count());
        Fixture fixture{{{"ABC123DEFG", path}}, lifetime, ClientIdentity{"TEAM123456", "com.example.web"}};
        const std::string secret = fixture.header(at(5s));
        CHECK(testing::verifies(key.get(), secret));
        const testing::Jwt jwt = testing::take_apart(secret);
        CHECK(jwt.header == R"({"alg":"ES256","kid":"ABC123DEFG"})");
        const std::int64_t issued_at = 1'800'000'005 - 60;
        const nlohmann::json claims{
            {"iss", "TEAM123456"},
            {"iat", issued_at},
            {"exp", issued_at + lifetime.count()},
            {"aud", "https://appleid.apple.com"},
            {"sub", "com.example.web"}};
        CHECK(nlohmann::json::parse(jwt.claims) == claims);
        // Apple measures by its own clock, which may be behind ours by as much as we date back.
        CHECK(issued_at + lifetime.count() <= 1'800'000'005 - 60 + 15'777'000);

        const auto reuse = lifetime * 3 / 4 - 60s;
        CHECK(fixture.header(at(5s + reuse - 1ms)) == secret);
        CHECK(fixture.header(at(5s + reuse)) != secret);
    }
}

TEST_CASE("credentials of both kinds live side by side, each meant by its place in the list") {
    const testing::TempDir dir;
    const testing::Key tv = testing::ec_key();
    const testing::Key web = testing::ec_key();
    std::vector<core::Say> lines;
    SignedCredentials credentials{
        {Credential{
             "tv",
             AppIdentity{"issuer", "com.example.tv"},
             {{"A", dir.write("a.p8", testing::private_pem(tv.get()))}},
             20min},
         Credential{
             "com.example.web",
             ClientIdentity{"TEAM123456", "com.example.web"},
             {{"B", dir.path("b.p8")}},
             1h}},
        [&](core::Say line) { lines.push_back(std::move(line)); },
        at(0s)};
    const core::CredentialId client{1};
    CHECK((*credentials.authorization(app, at(0s)))->expose().starts_with("Bearer "));
    CHECK_FALSE(credentials.authorization(client, at(0s)));
    const auto unusable = std::find_if(lines.begin(), lines.end(), [](const core::Say& line) {
        return line.event == "credential_key_unusable";
    });
    REQUIRE(unusable != lines.end());
    CHECK(unusable->fields.front() == std::pair<std::string_view, std::string>{"client", "com.example.web"});

    dir.write("b.p8", testing::private_pem(web.get()));
    std::vector<core::Input> inputs;
    credentials.collect(at(1s), inputs);
    REQUIRE(inputs.size() == 1);
    CHECK(std::get<core::CredentialChanged>(inputs.front()).credential == client);
    CHECK(testing::verifies(web.get(), (*credentials.authorization(client, at(1s)))->expose()));
    CHECK(credentials.status(at(1s)).back().name == "com.example.web");
}

TEST_CASE("a file that holds no key sends a person to where the right kind of key is") {
    const testing::TempDir dir;
    const std::string path = dir.write("a.p8", testing::public_pem(testing::ec_key().get()));
    CHECK(auth::key_file_problem(path)->find("In-App Purchase key") != std::string::npos);
    CHECK(
        auth::key_file_problem(path, auth::sign_in_with_apple_key)->find("Sign in with Apple key") !=
        std::string::npos);
}

TEST_CASE("a jump of the wall clock makes a new token") {
    const testing::TempDir dir;
    Fixture fixture{{{"A", dir.write("a.p8", testing::private_pem(testing::ec_key().get()))}}};
    const std::string value = fixture.header(at(0s));
    common::Now now = at(10s);
    SUBCASE("forward") {
        now.wall += 1h;
    }
    SUBCASE("back") {
        now.wall -= 5min;
    }
    CHECK(fixture.header(now) != value);
}

TEST_CASE("renew signs again, once for all refusals of one token") {
    const testing::TempDir dir;
    const std::string a = dir.write("a.p8", testing::private_pem(testing::ec_key().get()));
    const std::string b = dir.write("b.p8", testing::private_pem(testing::ec_key().get()));
    SUBCASE("one key: the same key signs a fresh token") {
        Fixture fixture{{{"A", a}}};
        const std::string refused = fixture.header(at(0s));
        fixture.tokens.renew(app);
        CHECK(fixture.header(at(1s)) != refused);
        CHECK(fixture.said("credential_key_switched") == 0);
    }
    SUBCASE("two keys: the other one is tried, and then the first again") {
        Fixture fixture{{{"A", a}, {"B", b}}};
        CHECK(kid_of(fixture.jwt(at(0s))) == "A");
        CHECK(fixture.tokens.status(at(0s)).front().key_place == 1);
        fixture.tokens.renew(app);
        fixture.tokens.renew(app);  // a second answer to the same token
        CHECK(kid_of(fixture.jwt(at(1s))) == "B");
        CHECK(fixture.tokens.status(at(1s)).front().key_place == 2);
        fixture.tokens.renew(app);
        CHECK(kid_of(fixture.jwt(at(2s))) == "A");
        CHECK(fixture.said("credential_key_switched") == 2);
    }
}

TEST_CASE("of two keys the first one that can be read signs") {
    const testing::TempDir dir;
    const std::string b = dir.write("b.p8", testing::private_pem(testing::ec_key().get()));
    Fixture fixture{{{"A", dir.path("a.p8")}, {"B", b}}};
    CHECK(kid_of(fixture.jwt(at(0s))) == "B");
    CHECK(fixture.tokens.status(at(0s)).front().key_place == 2);
    CHECK(fixture.said("credential_key_unusable") == 1);

    dir.write("a.p8", testing::private_pem(testing::ec_key().get()));
    CHECK(fixture.changes(at(1s)) == 1);
    CHECK(kid_of(fixture.jwt(at(1s))) == "A");
}

TEST_CASE("without a usable key there is an error with the path, until the file appears") {
    const testing::TempDir dir;
    Fixture fixture{{{"A", dir.path("a.p8")}}};
    const auto none = fixture.tokens.authorization(app, at(0s));
    REQUIRE_FALSE(none);
    CHECK(none.error().message.starts_with(dir.path("a.p8")));
    fixture.tokens.renew(app);
    CHECK(fixture.tokens.status(at(0s)).front().keys_usable == 0);
    CHECK(fixture.tokens.status(at(0s)).front().key_place == 0);
    CHECK_FALSE(fixture.tokens.status(at(0s)).front().key_read);

    dir.write("a.p8", testing::private_pem(testing::ec_key().get()));
    CHECK(fixture.changes(at(2s)) == 1);
    CHECK(kid_of(fixture.jwt(at(2s))) == "A");
    CHECK(fixture.tokens.status(at(2s)).front().keys_usable == 1);
    CHECK(fixture.tokens.status(at(2s)).front().key_place == 1);
    CHECK(fixture.tokens.status(at(3s)).front().key_read == at(2s).wall);
}

TEST_CASE("a changed key file is used within a second; files are looked at once a second") {
    const testing::TempDir dir;
    const testing::Key first = testing::ec_key();
    const testing::Key second = testing::ec_key();
    Fixture fixture{{{"A", dir.write("a.p8", testing::private_pem(first.get()))}}};
    CHECK(testing::verifies(first.get(), fixture.jwt(at(0s))));
    CHECK(fixture.changes(at(1s)) == 0);

    dir.write("a.p8", testing::private_pem(second.get()));
    CHECK(fixture.changes(at(1999ms)) == 0);
    CHECK(testing::verifies(first.get(), fixture.jwt(at(1999ms))));
    CHECK(fixture.changes(at(2s)) == 1);
    CHECK(testing::verifies(second.get(), fixture.jwt(at(2s))));
    CHECK(fixture.changes(at(3s)) == 0);
}

TEST_CASE("a swapped Kubernetes ..data link is seen") {
    namespace fs = std::filesystem;
    const testing::TempDir dir;
    const testing::Key first = testing::ec_key();
    const testing::Key second = testing::ec_key();
    fs::create_directories(dir.path("..2026_1"));
    fs::create_directories(dir.path("..2026_2"));
    dir.write("..2026_1/a.p8", testing::private_pem(first.get()));
    dir.write("..2026_2/a.p8", testing::private_pem(second.get()));
    fs::create_symlink("..2026_1", dir.path("..data"));
    fs::create_symlink("..data/a.p8", dir.path("a.p8"));

    Fixture fixture{{{"A", dir.path("a.p8")}}};
    CHECK(testing::verifies(first.get(), fixture.jwt(at(0s))));
    fs::create_symlink("..2026_2", dir.path("..data_tmp"));
    fs::rename(dir.path("..data_tmp"), dir.path("..data"));
    CHECK(fixture.changes(at(1s)) == 1);
    CHECK(testing::verifies(second.get(), fixture.jwt(at(1s))));
}

TEST_CASE("a key file that turns bad keeps the last good key, is said once a minute, and heals") {
    const testing::TempDir dir;
    const testing::Key key = testing::ec_key();
    Fixture fixture{{{"A", dir.write("a.p8", testing::private_pem(key.get()))}}};
    SUBCASE("gone") {
        std::filesystem::remove(dir.path("a.p8"));
    }
    SUBCASE("empty") {
        dir.write("a.p8", "");
    }
    SUBCASE("half written") {
        dir.write("a.p8", testing::private_pem(key.get()).substr(0, 80));
    }
    SUBCASE("a directory") {
        std::filesystem::remove(dir.path("a.p8"));
        std::filesystem::create_directory(dir.path("a.p8"));
    }
    for (auto second = 1s; second <= 60s; second += 1s) {
        CHECK(fixture.changes(at(second)) == 0);
    }
    CHECK(fixture.said("credential_key_unusable") == 1);
    CHECK(fixture.changes(at(61s)) == 0);
    CHECK(fixture.said("credential_key_unusable") == 2);
    CHECK(testing::verifies(key.get(), fixture.jwt(at(61s))));
    CHECK(fixture.tokens.status(at(61s)).front().keys_usable == 1);
    CHECK(fixture.tokens.status(at(61s)).front().files_unusable == 1);

    const testing::Key next_key = testing::ec_key();
    std::filesystem::remove_all(dir.path("a.p8"));
    dir.write("a.p8", testing::private_pem(next_key.get()));
    CHECK(fixture.changes(at(62s)) == 1);
    CHECK(fixture.tokens.status(at(62s)).front().files_unusable == 0);
    CHECK(testing::verifies(next_key.get(), fixture.jwt(at(62s))));
}

TEST_CASE("a key file that others may read or change is pointed out") {
    using std::filesystem::perms;
    struct Row {
        const char* because;
        perms mode;
        std::size_t warnings;
    };
    const Row rows[] = {
        {"0400 is right", perms::owner_read, 0},
        {"0440 is Kubernetes with fsGroup", perms::owner_read | perms::group_read, 0},
        {"0644 is for everybody",
         perms::owner_read | perms::owner_write | perms::group_read | perms::others_read, 1},
        {"0420 can be changed", perms::owner_read | perms::group_write, 1},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const testing::TempDir dir;
            const std::string path = dir.write("a.p8", testing::private_pem(testing::ec_key().get()));
            std::filesystem::permissions(path, row.mode);
            Fixture fixture{{{"A", path}}};
            CHECK(fixture.said("credential_key_exposed") == row.warnings);
        }
    }
}

TEST_CASE("no line that is said holds a key, a token or a part of one") {
    const testing::TempDir dir;
    const std::string pem = testing::private_pem(testing::ec_key().get());
    const std::string a = dir.write("a.p8", pem);
    Fixture fixture{{{"A", a}, {"B", dir.write("b.p8", testing::encrypted_pem(testing::ec_key().get()))}}};
    const std::string jwt = fixture.jwt(at(0s));
    fixture.tokens.renew(app);
    dir.write("a.p8", pem.substr(0, 90));
    CHECK(fixture.changes(at(1s)) == 0);
    REQUIRE(fixture.lines.size() >= 3);
    for (const core::Say& line : fixture.lines) {
        CHECK(line.message.find(pem.substr(30, 20)) == std::string::npos);
        CHECK(line.message.find(jwt.substr(jwt.rfind('.'))) == std::string::npos);
        CHECK(line.message.find("eyJ") == std::string::npos);
    }
}
