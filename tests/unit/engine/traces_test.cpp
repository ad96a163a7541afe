// Whoever follows a trace finds it in every log line that speaks of one event, and in none that does not.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "identity_rig.hpp"

namespace {

using namespace std::chrono_literals;
using rig::Rig;

const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string event_of(
    const std::string& account, const std::string& app = "tv", const std::string& traceparent = trace) {
    return fmt::format(
        R"({{"specversion":"1.0","id":"e-{}","source":"/accounts","type":"account.opted-out.v1","subject":"{}",)"
        R"("time":"2026-01-02T03:04:05Z","traceparent":"{}",)"
        R"("data":{{"app":"{}","sign_in_tokens":[{{"value":"secret-{}"}}]}}}})",
        account, account, traceparent, app, account);
}

std::string notification(const std::string& payload) {
    std::string text = rig::event_text(
        1, "apple.notification.v1", "anna",
        fmt::format(R"("payload":"{}","sign_in_tokens":[{{"value":"t-1"}}])", payload));
    text.insert(1, fmt::format(R"("traceparent":"{}",)", trace));
    return text;
}

core::Settings settings() {
    core::Settings with = rig::with_identity();
    with.say_outcomes = true;
    with.rejected_at_once_max = 1;
    with.rejected_per_minute_max = 1;
    return with;
}

const core::Say& line(const Rig& rig, std::string_view event) {
    const core::Say* const found = rig::line_of(rig, event);
    REQUIRE_MESSAGE(found != nullptr, event);
    return *found;
}

}  // namespace

TEST_CASE("traces: every line that speaks of one event carries its traceparent") {
    struct Row {
        const char* event;
        std::function<void(Rig&)> happens;
    };
    const auto refuse = [](Rig& rig, core::StoreResult result) {
        rig.deliver_text("anna", event_of("anna", "nobody"));
        rig.acknowledge_stores(result);
    };
    const Row rows[] = {
        {"invalid_event", [](Rig& rig) { rig.deliver_text("anna", event_of("anna", "nobody")); }},
        {"notification_refused", [](Rig& rig) { rig.deliver_text("anna", notification("a.b.c")); }},
        {"attempt_failed",
         [](Rig& rig) {
             rig.deliver_text("anna", event_of("anna"));
             rig.answer_oldest(503);
         }},
        {"event_ended",
         [](Rig& rig) {
             rig.deliver_text("anna", event_of("anna"));
             rig.answer_oldest(204);
         }},
        {"rejection_withheld",
         [](Rig& rig) {
             rig.deliver_text("first", event_of("first"));
             rig.deliver_text("anna", event_of("anna"));
             rig.answer_all(400);
         }},
        {"dead_letter_refused", [&](Rig& rig) { refuse(rig, core::StoreResult::failed); }},
        {"dead_letter_too_large", [&](Rig& rig) { refuse(rig, core::StoreResult::too_large); }},
        {"receipt_refused",
         [](Rig& rig) {
             rig.deliver_text("anna", event_of("anna"));
             rig.answer_oldest(204);
             rig.acknowledge_stores(core::StoreResult::failed);
         }},
    };
    for (const Row& row : rows) {
        SUBCASE(row.event) {
            Rig rig{settings()};
            row.happens(rig);
            const core::Say& said = line(rig, row.event);
            CHECK(rig::field_of(said, "traceparent") == trace);
            CHECK(rig::field_of(said, "topic") == "events");
            CHECK(rig::field_of(said, "partition") == "0");
            CHECK(rig::field_of(said, "offset") == fmt::to_string(rig.next_offset - 1));
        }
    }
}

TEST_CASE("traces: an attempt that failed says which, how and for whom, and never a token") {
    Rig rig{settings()};
    rig.deliver_text("anna", event_of("anna"));
    const auto attempt = [&](core::Exchange exchange) {
        rig.said.clear();
        const core::SendRequest request = rig.take_request();
        rig.answer(request.id, std::move(exchange));
        const core::Say said = line(rig, "attempt_failed");
        CHECK(said.severity == core::Severity::debug);
        CHECK(rig::field_of(said, "request") == fmt::to_string(request.id.value));
        CHECK(rig::field_of(said, "credential") == "tv");
        CHECK(rig::field_of(said, "action") == "delete");
        CHECK(said.message.find("secret") == std::string::npos);
        for (const auto& [name, value] : said.fields) {
            CHECK(value.find("secret") == std::string::npos);
        }
        while (rig.requests.empty()) {
            rig.pass(std::max<common::Duration>(1ms, rig.engine.next_deadline() - rig.now.steady));
        }
        return said;
    };
    const core::Say answered = attempt(core::Answer{.status = 503, .body = "secret"});
    CHECK(rig::field_of(answered, "attempt") == "1");
    CHECK(rig::field_of(answered, "status") == "503");
    const core::Say lost = attempt(core::Lost{core::LostReason::reset});
    CHECK(rig::field_of(lost, "attempt") == "2");
    CHECK(rig::field_of(lost, "status") == "none");
    CHECK(rig::field_of(lost, "answer") == core::answer_class(core::Lost{core::LostReason::reset}));
    rig.said.clear();
    rig.answer_oldest(204);
    for (const core::Say& said : rig.said) {
        CHECK(said.event != "attempt_failed");
    }
}

TEST_CASE("traces: what is no traceparent is in no line") {
    Rig rig{settings()};
    const std::string evil = "00-" + std::string(32, 'x') + "-b7ad6b7169203331-01";
    rig.deliver_text("anna", event_of("anna", "nobody", evil));
    rig.deliver_text("berta", event_of("berta", "tv", evil));
    rig.answer_oldest(503);
    REQUIRE(rig.said.size() >= 3);
    for (const core::Say& said : rig.said) {
        CHECK(rig::field_of(said, "traceparent") == "none");
    }
}
