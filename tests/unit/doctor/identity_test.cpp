#include "worker/app/doctor/identity.hpp"

#include <doctest/doctest.h>

using app::doctor::Verdict;
using app::identity::NoAnswer;
using app::identity::Refused;
using app::identity::Revoked;

TEST_CASE("a client's answer to the revocation of a random token") {
    using Reply = app::identity::Reply<Revoked>;
    struct Row {
        const char* because;
        Reply reply;
        Verdict verdict;
        std::string_view sentence;
        std::string_view remedy;
    };
    const auto said = [](core::IdentityError error) {
        return Refused{400, core::ErrorResponse{error, "name", "hush"}};
    };
    const Row rows[] = {
        {"200 is an accepted secret", Revoked{}, Verdict::pass, "accepted", ""},
        {"invalid_client names the causes in order", said(core::IdentityError::invalid_client), Verdict::fail,
         "400 invalid_client", "1. the key"},
        {"so does every other error", said(core::IdentityError::invalid_request), Verdict::fail,
         "400 invalid_request", "1. "},
        {"a throttle says nothing about the client", Refused{429, std::nullopt}, Verdict::warn, "429",
         "Ask again later"},
        {"nor does an outage", Refused{503, std::nullopt}, Verdict::warn, "503", "Ask again later"},
        {"somebody else answers", Refused{404, std::nullopt}, Verdict::fail, "404",
         "sign_in_with_apple.endpoint"},
        {"nobody answers", NoAnswer{"no answer (deadline)"}, Verdict::fail, "no answer (deadline)",
         "firewall"},
    };
    app::ClientConfig client;
    client.client_id = "com.example.tv";
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const app::doctor::Finding finding = app::doctor::judge_client(client, row.reply);
            CHECK(finding.check == "apple client com.example.tv");
            CHECK(finding.verdict == row.verdict);
            CHECK(finding.sentence.find(row.sentence) != std::string::npos);
            CHECK(finding.remedy.find(row.remedy) != std::string::npos);
            CHECK(finding.sentence.find("hush") == std::string::npos);
        }
    }
}
