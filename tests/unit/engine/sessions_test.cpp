// Sign in with Apple sessions: revoked, checked, and never in the way of sign-in tokens.
#include <doctest/doctest.h>

#include "identity_rig.hpp"

using namespace rig;
using core::EventType;
using core::Outcome;

namespace {

constexpr auto tokens = core::CredentialId{0};
constexpr auto client = core::CredentialId{1};

void deliver_check(Rig& rig, const std::string& account, const std::string& token) {
    rig.deliver_text(
        account,
        event_text(static_cast<int>(rig.next_offset), "account.session-check.v1", account, sessions(token)));
}
void deliver_ended(Rig& rig, const std::string& account, const std::string& token) {
    rig.deliver_text(
        account,
        event_text(static_cast<int>(rig.next_offset), "account.session-ended.v1", account, sessions(token)));
}

std::string last_receipt(Rig& rig) {
    rig.acknowledge_all_stores();
    REQUIRE_FALSE(rig.stored.empty());
    return rig.stored.back().record.value.value_or("");
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// The others are canaries.
void answer_about(Rig& rig, const std::string& token, const core::Exchange& exchange) {
    for (std::size_t left = rig.requests.size(); left > 0; --left) {
        const core::SendRequest request = rig.take_request();
        if (body(request).ends_with("refresh_token=" + token)) {
            rig.answer(request.id, exchange);
            return;
        }
        rig.answer(request.id, refusal("invalid_grant"));
    }
    FAIL("nothing is asked about the session");
}

}  // namespace

TEST_CASE("a deleted account's tokens are deleted, then its sessions revoked, and then it is settled") {
    Rig rig{with_identity()};
    rig.deliver_text(
        "a", event_text(
                 1, "account.deleted.v1", "a",
                 R"("sign_in_tokens":[{"value":"t"}],)" + sessions("r /+", "access_token")));
    REQUIRE(rig.requests.size() == 1);
    const core::SendRequest erase = rig.take_request();
    CHECK(erase.request.credential == tokens);
    rig.answer(erase.id, 204);
    REQUIRE(rig.requests.size() == 1);
    CHECK(rig.stores.empty());
    const core::SendRequest revoke = rig.take_request();
    CHECK(revoke.request.credential == client);
    CHECK(revoke.request.endpoint == core::EndpointId{1});
    CHECK(revoke.request.path == "/auth/revoke");
    CHECK(body(revoke) == "client_id=com.example.tv&token=r%20%2F%2B&token_type_hint=access_token");
    rig.answer(revoke.id, 200);
    rig.acknowledge_all_stores();
    CHECK(rig.stored.size() == 2);
    CHECK(rig.settled(EventType::deleted, Outcome::executed) == 1);
}

TEST_CASE("a dead letter of an event for both APIs names the commands that still have to run") {
    Rig rig{with_identity()};
    rig.deliver_text(
        "a",
        event_text(1, "account.deleted.v1", "a", R"("sign_in_tokens":[{"value":"t"}],)" + sessions("r")));
    rig.answer_oldest(204);
    rig.answer(rig.take_request().id, refusal("invalid_grant"));
    rig.acknowledge_all_stores();
    REQUIRE(rig.dead_letters() == 1);
    CHECK(header(rig.stored.front(), "dlq.commands") == "1");
    CHECK(header(rig.stored.front(), "dlq.error.code") == "400 invalid_grant");
    CHECK(header(rig.stored.front(), "dlq.reason") == "rejected");
}

TEST_CASE("while the identity service is down an account's own tokens are deleted all the same") {
    Rig rig{with_identity()};
    for (int i = 0; i < 300; ++i) {
        const std::string account = "a" + std::to_string(i);
        deliver_ended(rig, account, "s" + account);
        rig.deliver(account, "t" + account);
    }
    int deleted = 0;
    for (int round = 0; round < 60; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            const bool token = request.request.credential == tokens;
            deleted += token ? 1 : 0;
            rig.answer(request.id, token ? 204 : 503);
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(deleted == 300);
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 300);
    CHECK(rig.dead_letters() == 0);
}

TEST_CASE("neither API takes the other's places in flight") {
    auto with = with_identity();
    with.in_flight_max = 5;
    with.identity_in_flight_max = 3;
    Rig rig{with};
    for (int i = 0; i < 20; ++i) {
        deliver_ended(rig, "s" + std::to_string(i), "s" + std::to_string(i));
    }
    CHECK(rig.requests.size() == 3);  // and no answer to any of them
    for (int i = 0; i < 20; ++i) {
        rig.deliver("t" + std::to_string(i), "t" + std::to_string(i));
    }
    CHECK(rig.requests.size() == 8);
    CHECK(rig.status().in_flight == 8);
    CHECK(rig.status().in_flight_max == 8);
}

TEST_CASE("invalid_client closes the client's gate, dead-letters nothing, and holds no token") {
    Rig rig{with_identity()};
    for (int i = 0; i < 50; ++i) {
        deliver_ended(rig, "s" + std::to_string(i), "s" + std::to_string(i));
    }
    for (int round = 0; round < 120; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            rig.answer(rig.take_request().id, refusal("invalid_client"));
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    const core::Status status = rig.status();
    CHECK(status.gates.at(0).state == core::GateState::open);
    CHECK(status.gates.at(1).state != core::GateState::open);
    CHECK(status.gates.at(1).reason == core::GateReason::credential_refused);
    CHECK(status.gates.at(1).credential == "com.example.tv");
    CHECK((status.gates.at(1).api == core::Api::sign_in_with_apple));
    CHECK(rig.dead_letters() == 0);
    CHECK(rig.renewed > 0);
    rig.requests.clear();
    rig.deliver("t", "t");
    REQUIRE(rig.requests.size() == 1);
    CHECK(rig.requests.front().request.credential == tokens);
}

TEST_CASE("one session that alone is refused is rejected, once canaries pass") {
    Rig rig{with_identity()};
    deliver_ended(rig, "odd", "odd");
    for (int round = 0; round < 600 && rig.dead_letters() == 0; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            const bool odd = says(body(request), "token=odd");
            if (odd) {
                rig.answer(request.id, refusal("invalid_client"));
            } else {
                CHECK(says(body(request), "token=autosignin-canary-"));
                rig.answer(request.id, 200);
            }
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    REQUIRE(rig.dead_letters() == 1);
    CHECK(rig.status().gates.at(1).state == core::GateState::open);
}

TEST_CASE("a 400 that does not say why is asked again a few times, and then rejected") {
    Rig rig{with_identity()};
    deliver_ended(rig, "a", "s");
    int asked = 0;
    while (rig.dead_letters() == 0) {
        REQUIRE(asked < 20);
        if (rig.requests.empty()) {
            rig.pass_in_steps(1s);
            continue;
        }
        const auto request = rig.take_request();
        const bool canary = says(body(request), "autosignin-canary-");
        asked += canary ? 0 : 1;
        rig.answer(
            request.id,
            canary ? core::Exchange{core::Answer{.status = 200}} : core::Exchange{json(400, "<html>")});
        rig.acknowledge_all_stores();
    }
    CHECK(asked == 4);
    CHECK(header(rig.stored.front(), "dlq.reason") == "rejected");
    CHECK(header(rig.stored.front(), "dlq.error.code") == "400");
}

TEST_CASE("the receipt of a check says whether the session is valid, over, or was not asked about") {
    Rig rig{with_identity()};
    deliver_check(rig, "a", "r1");
    REQUIRE(rig.requests.size() == 1);
    CHECK(rig.requests.front().request.path == "/auth/token");
    CHECK(body(rig.requests.front()) == "client_id=com.example.tv&grant_type=refresh_token&refresh_token=r1");
    rig.answer(rig.take_request().id, token_response());
    CHECK(says(last_receipt(rig), R"("outcome":"executed","session":"valid")"));

    deliver_check(rig, "b", "r2");
    rig.answer(rig.take_request().id, refusal("invalid_grant"));
    CHECK(says(last_receipt(rig), R"("outcome":"executed","session":"over")"));

    deliver_check(rig, "a", "r1");
    CHECK(rig.requests.empty());
    CHECK(says(last_receipt(rig), R"("outcome":"nothing_to_do","session":"not_asked")"));
    CHECK(rig.engine.stats().counters.sessions_not_asked == 1);
    CHECK(rig.dead_letters() == 0);

    rig.pass(23h);
    deliver_check(rig, "a", "r1");
    CHECK(rig.requests.empty());
    rig.pass(1h);
    deliver_check(rig, "a", "r1");
    CHECK(rig.requests.size() == 1);
}

TEST_CASE("a check that waits wakes nobody, a revocation that waits does") {
    Rig rig{with_identity()};
    deliver_check(rig, "a", "r1");
    REQUIRE(rig.requests.size() == 1);
    CHECK_FALSE(rig.status().oldest_unexecuted);
    rig.deliver_text("b", event_text(90, "account.session-ended.v1", "b", sessions("r2")));
    CHECK(rig.status().oldest_unexecuted);
}

TEST_CASE("a refusal is an answer too: the session is not asked about again that day") {
    Rig rig{with_identity()};
    deliver_check(rig, "a", "r1");
    rig.answer(rig.take_request().id, refusal("invalid_request"));
    rig.acknowledge_all_stores();
    CHECK(rig.dead_letters() == 1);
    deliver_check(rig, "a", "r1");
    CHECK(rig.requests.empty());
}

TEST_CASE("a check whose answer was lost asks again: only what was answered counts") {
    Rig rig{with_identity()};
    deliver_check(rig, "a", "r");
    rig.answer(rig.take_request().id, core::Lost{});
    rig.pass_in_steps(5s);
    answer_about(rig, "r", token_response());
    CHECK(says(last_receipt(rig), R"("session":"valid")"));
}

TEST_CASE("a 200 without a token response is no answer to a check: a portal in between may have sent it") {
    Rig rig{with_identity()};
    deliver_check(rig, "a", "r");
    rig.answer(rig.take_request().id, json(200, "<html>sign in to the network</html>"));
    rig.pass_in_steps(5s);
    answer_about(rig, "r", token_response());
    CHECK(says(last_receipt(rig), R"("session":"valid")"));
}

TEST_CASE("the memory of checked sessions is bounded") {
    auto with = with_identity();
    with.sessions_remembered_max = 10;
    Rig rig{with};
    for (int i = 0; i < 50; ++i) {
        deliver_check(rig, "a" + std::to_string(i), "r" + std::to_string(i));
        rig.answer(rig.take_request().id, token_response());
        rig.acknowledge_all_stores();
    }
    CHECK(rig.status().sessions_remembered == 10);
}

// Apple documents that it may throttle a second check of the same person within a day. That check was every
// probe of its client's gate, so the client's revocations waited for as long as Apple did not want to be
// asked.
TEST_CASE("a check that Apple alone throttles ends as not asked, and holds no revocation meanwhile") {
    Rig rig{with_identity()};
    // Two hours old, and so the most urgent of all.
    rig.deliver_text(
        "odd", event_text(1, "account.session-check.v1", "odd", sessions("odd"), "2026-01-02T01:04:05Z"));
    int asked = 0;
    int revoked = 0;
    for (int round = 0; round < 600; ++round) {
        if (round < 20) {
            deliver_ended(rig, "a" + std::to_string(round), "s" + std::to_string(round));
        }
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            const bool check = request.request.path == "/auth/token";
            const bool canary = says(body(request), "autosignin-canary-");
            asked += check && !canary ? 1 : 0;
            revoked += check || canary ? 0 : 1;
            rig.answer(
                request.id, !check   ? core::Exchange{core::Answer{.status = 200}}
                            : canary ? core::Exchange{refusal("invalid_grant")}
                                     : core::Exchange{core::Answer{.status = 429}});
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
        if (round == 60) {
            CHECK(revoked == 20);
        }
    }
    CHECK(asked == 4);
    CHECK(rig.settled(EventType::session_check, Outcome::nothing_to_do) == 1);
    CHECK(rig.dead_letters() == 0);
    CHECK(rig.engine.stats().counters.sessions_not_asked == 1);
    deliver_check(rig, "odd", "odd");
    CHECK_MESSAGE(rig.requests.empty(), "a day has not passed");
}

TEST_CASE("a throttle of every check ends none of them") {
    Rig rig{with_identity()};
    for (int i = 0; i < 5; ++i) {
        deliver_check(rig, "a" + std::to_string(i), "r" + std::to_string(i));
    }
    for (int round = 0; round < 600; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            rig.answer(rig.take_request().id, core::Answer{.status = 429});
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.stored.empty());
    for (int round = 0; round < 120; ++round) {
        for (std::size_t left = rig.requests.size(); left > 0; --left) {
            const auto request = rig.take_request();
            const bool canary = says(body(request), "autosignin-canary-");
            rig.answer(request.id, canary ? refusal("invalid_grant") : token_response());
        }
        rig.acknowledge_all_stores();
        rig.pass_in_steps(1s);
    }
    CHECK(rig.settled(EventType::session_check, Outcome::executed) == 5);
}
