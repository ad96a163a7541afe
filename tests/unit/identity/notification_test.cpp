#include "worker/core/identity/notification.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

using namespace std::chrono_literals;
using core::Notification;
using core::NotificationType;
using testing::jws;

namespace {

const core::NotificationRules rules{
    std::string{core::apple_issuer}, {"com.example.tv", "com.example.web"}, testing::now, {}};

// An `events` with `type`, quoted as Apple sends it.
std::string as_string(std::string_view type, std::string_view more = "") {
    return R"("{\"type\":\")" + std::string{type} + R"(\",\"sub\":\"001.a\",\"event_time\":1799999990000)" +
           std::string{more} + R"(}")";
}
std::string as_object(std::string_view type, std::string_view more = "") {
    return R"({"type":")" + std::string{type} + R"(","sub":"001.a")" + std::string{more} + "}";
}

// Claims of a notification that is right, with `changed` instead of, or beside, a claim of that name.
std::string claims(std::string_view name = "", std::string_view value = "") {
    const std::pair<std::string_view, std::string> right[] = {
        {"iss", R"("https://appleid.apple.com")"},
        {"aud", R"("com.example.tv")"},
        {"iat", "1799999999"},
        {"jti", R"("n-1")"},
        {"exp", "1800086400"},
        {"events", as_string("consent-revoked")}};
    std::string text;
    bool found = false;
    for (const auto& claim : right) {
        const bool change = claim.first == name;
        found = found || change;
        if (change && value.empty()) {
            continue;
        }
        text += (text.empty() ? "\"" : ",\"") + std::string{claim.first} +
                "\":" + (change ? std::string{value} : claim.second);
    }
    if (!found && !name.empty()) {
        text += ",\"" + std::string{name} + "\":" + std::string{value};
    }
    return "{" + text + "}";
}

core::Verification<Notification> verified(
    const std::string& text, const core::NotificationRules& with = rules) {
    const auto read = core::read_notification(text);
    if (const auto* problem = std::get_if<core::IdentityProblem>(&read)) {
        return {{}, *problem};
    }
    return core::verify_in_steps(
        std::get<core::UnverifiedNotification>(read), testing::keys(), testing::signed_by, with);
}

std::string end_of(const core::Verification<Notification>& verification) {
    if (std::holds_alternative<Notification>(verification.result)) {
        return "fine";
    }
    const auto* problem = std::get_if<core::IdentityProblem>(&verification.result);
    return problem == nullptr ? "key?" : std::string{problem->code.code};
}

Notification of_claims(const std::string& text) {
    auto result = verified(jws(testing::rs256_header, text)).result;
    REQUIRE(std::holds_alternative<Notification>(result));
    return std::get<Notification>(result);
}

}  // namespace

TEST_CASE("a notification of Apple's says which person of which client did what, and when") {
    const Notification one = of_claims(claims());
    CHECK(one.id == "n-1");
    CHECK(one.audience == "com.example.tv");
    CHECK(one.issued_at == testing::now - 1s);
    CHECK(one.expires_at == testing::now + 24h);
    CHECK(one.type == NotificationType::consent_revoked);
    CHECK(one.subject == "001.a");
    CHECK(one.event_time == testing::now - 10s);
    CHECK_FALSE(one.email);
}

TEST_CASE("events come as a string or an object, times in seconds or milliseconds, booleans as text") {
    struct Row {
        const char* because;
        std::string events;
        NotificationType type;
        std::optional<common::WallTime> time;
        std::optional<bool> relay;
    };
    const common::WallTime time{1'799'999'990s};
    const Row rows[] = {
        {"a string", as_string("consent-revoked"), NotificationType::consent_revoked, time, {}},
        {"an object", as_object("consent-revoked"), NotificationType::consent_revoked, {}, {}},
        {"the older spelling", as_object("account-delete"), NotificationType::account_deleted, {}, {}},
        {"the newer spelling", as_object("account-deleted"), NotificationType::account_deleted, {}, {}},
        {"seconds",
         as_object("email-enabled", R"(,"event_time":1799999990)"),
         NotificationType::email_enabled,
         time,
         {}},
        {"milliseconds",
         as_object("email-enabled", R"(,"event_time":1799999990123)"),
         NotificationType::email_enabled,
         time + 123ms,
         {}},
        {"a boolean",
         as_object("email-disabled", R"(,"is_private_email":true)"),
         NotificationType::email_disabled,
         {},
         true},
        {"a boolean as text",
         as_object("email-disabled", R"(,"is_private_email":"false")"),
         NotificationType::email_disabled,
         {},
         false},
        {"a type of tomorrow is known to be unknown",
         as_object("passkey-created"),
         NotificationType::unknown,
         {},
         {}},
        {"members that are not documented",
         as_object("email-enabled", R"(,"x":[{"y":1}])"),
         NotificationType::email_enabled,
         {},
         {}},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const Notification one = of_claims(claims("events", row.events));
            CHECK(one.type == row.type);
            CHECK(one.event_time == row.time);
            CHECK(one.is_private_email == row.relay);
        }
    }
}

TEST_CASE("a notification is taken only when everything about it is right") {
    struct Row {
        const char* because;
        std::string text;
        std::string_view end;
    };
    const auto with = [](std::string_view name, std::string_view value) {
        return jws(testing::rs256_header, claims(name, value));
    };
    const Row rows[] = {
        {"this one is right", with("", ""), "fine"},
        {"a key that is not in the set", jws(R"({"alg":"RS256","kid":"K9"})", claims()), "key?"},
        {"signed by another key of Apple's", jws(testing::rs256_header, claims(), "by 86D88Kf"),
         "bad_signature"},
        {"alg none", jws(R"({"alg":"none","kid":"K1"})", claims()), "unsupported_algorithm"},
        {"no kid", jws(R"({"alg":"RS256"})", claims()), "missing_key_id"},
        {"no JWS", "{}", "malformed_jws"},
        {"another issuer", with("iss", R"("https://appleid.apple.com/")"), "wrong_issuer"},
        {"no issuer", with("iss", ""), "bad_claims"},
        {"our second client", with("aud", R"("com.example.web")"), "fine"},
        {"one of several is ours", with("aud", R"(["com.other","com.example.web"])"), "fine"},
        {"somebody else's client", with("aud", R"("com.other")"), "wrong_audience"},
        {"a client id is compared with case", with("aud", R"("com.example.TV")"), "wrong_audience"},
        {"a list without ours", with("aud", R"(["a","b"])"), "wrong_audience"},
        {"an empty list", with("aud", "[]"), "bad_claims"},
        {"a list of other things", with("aud", R"([1])"), "bad_claims"},
        {"no audience", with("aud", ""), "bad_claims"},
        {"expired in this second", with("exp", "1800000000"), "expired"},
        {"not yet expired", with("exp", "1800000001"), "fine"},
        {"without exp, which is not documented", with("exp", ""), "fine"},
        {"without exp, and kept for longer than a day",
         jws(testing::rs256_header,
             R"({"iss":"https://appleid.apple.com","aud":"com.example.tv","jti":"n","iat":1799913600,"events":)" +
                 as_string("consent-revoked") + "}"),
         "expired"},
        {"exp as text", with("exp", R"("1800000001")"), "bad_claims"},
        {"issued five minutes ahead of our clock", with("iat", "1800000300"), "fine"},
        {"issued further ahead", with("iat", "1800000301"), "issued_in_future"},
        {"issued long ago", with("iat", "0"), "fine"},
        {"issued before time began", with("iat", "-1"), "bad_claims"},
        {"iat beyond any calendar", with("iat", "18446744073709551615"), "bad_claims"},
        {"no iat", with("iat", ""), "bad_claims"},
        {"no jti: it could be replayed for ever", with("jti", ""), "bad_claims"},
        {"an empty jti", with("jti", R"("")"), "bad_claims"},
        {"no events", with("events", ""), "bad_claims"},
        {"events is a list", with("events", "[]"), "bad_claims"},
        {"events is a string of something else", with("events", R"("[]")"), "bad_claims"},
        {"events without a type", with("events", R"({"sub":"001.a"})"), "bad_claims"},
        {"an end without a person", with("events", R"({"type":"consent-revoked"})"), "bad_claims"},
        {"a type that ends nothing needs no person", with("events", R"({"type":"email-enabled"})"), "fine"},
        {"event_time as text decides nothing",
         with("events", as_object("consent-revoked", R"(,"event_time":"1")")), "fine"},
        {"a flag that is neither decides nothing",
         with("events", as_object("consent-revoked", R"(,"is_private_email":1)")), "fine"},
        {"an empty address decides nothing", with("events", as_object("consent-revoked", R"(,"email":"")")),
         "fine"},
        {"a claim twice", with("sub", R"("a","sub":"b")"), "bad_claims"},
        {"a payload that is no JSON", jws(testing::rs256_header, "events"), "bad_claims"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(end_of(verified(row.text)) == row.end);
        }
    }
}

TEST_CASE("nothing of an unsigned payload is looked at, and the checks say how far they came") {
    const auto forged = verified(jws(testing::rs256_header, claims("aud", R"("com.other")"), "by nobody"));
    CHECK(end_of(forged) == "bad_signature");
    REQUIRE(forged.checks.size() == 6);
    CHECK(forged.checks[0].end == core::IdentityCheck::End::failed);
    CHECK(forged.checks[1].end == core::IdentityCheck::End::not_reached);

    const auto foreign = verified(jws(testing::rs256_header, claims("aud", R"("com.other")")));
    CHECK(foreign.checks[2].end == core::IdentityCheck::End::passed);
    CHECK(foreign.checks[3].end == core::IdentityCheck::End::failed);
    CHECK(foreign.checks[5].end == core::IdentityCheck::End::not_reached);
}

TEST_CASE("what is wrong with a notification is said without any of its values") {
    const std::string hush = R"("hush")";
    for (const std::string_view name : {"iss", "aud", "iat", "exp", "events"}) {
        const auto verification = verified(jws(testing::rs256_header, claims(name, hush)));
        const auto* problem = std::get_if<core::IdentityProblem>(&verification.result);
        REQUIRE(problem != nullptr);
        CHECK(problem->sentence.find("hush") == std::string::npos);
        CHECK_FALSE(problem->sentence.empty());
    }
}

TEST_CASE("an event may carry Apple's own time, from before the notification was signed") {
    core::NotificationRules with = rules;
    with.at = testing::now - 10min;
    CHECK(end_of(verified(jws(testing::rs256_header, claims()), with)) == "issued_in_future");
    with.received = testing::now;
    CHECK(end_of(verified(jws(testing::rs256_header, claims()), with)) == "fine");
}
