// Dead letters are bounded by time, not by traffic, whatever share of the calls fails. A row of rejections
// closes the channel, but a success ends the row: while half of all calls were rejected by mistake, no row
// was ever long enough, and dead letters grew with the traffic.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/engine/rig.hpp"

using namespace rig;
using core::EventType;
using core::Outcome;

namespace {

using Status = std::function<int(std::string_view body)>;

bool names(std::string_view body, std::string_view what) {
    return body.find(what) != std::string_view::npos;
}

bool is_canary(std::string_view body) {
    return names(body, "autosignin-canary");
}

void deliver_many(Rig& rig, int count, const std::string& prefix) {
    for (int i = 0; i < count; ++i) {
        rig.deliver(fmt::format("{}{}", prefix, i), fmt::format("{}-t{}", prefix, i));
    }
}

void answer_now(Rig& rig, const Status& status) {
    for (std::size_t left = rig.requests.size(); left > 0; --left) {
        const core::SendRequest request = rig.take_request();
        rig.answer(request.id, status(body(request)));
    }
    rig.acknowledge_all_stores();
}

void answer_for(Rig& rig, common::Duration time, const Status& status) {
    for (const common::Instant until = rig.now.steady + time; rig.now.steady < until;) {
        answer_now(rig, status);
        rig.pass_in_steps(250ms);
    }
}

// Enough mistaken values among good ones that the first allowance is used up.
core::Settings small_ration() {
    core::Settings with = settings();
    with.rejected_at_once_max = 5;
    with.rejected_per_minute_max = 6;
    return with;
}

int bad_is_rejected(std::string_view body) {
    return names(body, "bad") ? 400 : 204;
}

// Ten rejections and a success between any two of them, so that only the ration holds them back.
void deliver_bad_among_good(Rig& rig, int count) {
    for (int i = 0; i < count; ++i) {
        rig.deliver(fmt::format("bad{}", i), fmt::format("bad{}", i));
        rig.deliver(fmt::format("good{}", i), fmt::format("good{}", i));
    }
}

}  // namespace

TEST_CASE("dead letters of rejected commands do not grow with the traffic") {
    struct Row {
        const char* because;
        bool canary;
        Status status;
    };
    int turn = 0;
    const Row rows[] = {
        {"every second call is rejected", true,
         [&](std::string_view) { return ++turn % 2 == 0 ? 400 : 204; }},
        {"every second call but no canary is", true,
         [&](std::string_view body) { return is_canary(body)   ? 404
                                             : ++turn % 2 == 0 ? 400
                                                               : 204; }},
        {"nine of ten calls are", true, [&](std::string_view) { return ++turn % 10 == 0 ? 204 : 400; }},
        {"one of ten accounts is, always", true,
         [](std::string_view body) { return names(body, "0\"}") ? 400 : 204; }},
        {"half of the accounts are, always", true,
         [](std::string_view body) {
             return !is_canary(body) && (body[body.size() - 3] - '0') % 2 == 0 ? 400 : 204;
         }},
        {"half of them, and there is no canary to ask", false,
         [](std::string_view body) { return (body[body.size() - 3] - '0') % 2 == 0 ? 400 : 204; }},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            auto with = settings();
            with.breaker.canary = row.canary;
            with.rejected_per_minute_max = 12;
            with.rejected_at_once_max = 20;
            Rig rig{with};
            for (int minute = 0; minute < 10; ++minute) {
                deliver_many(rig, 600, fmt::format("m{}-", minute));
                answer_for(rig, 1min, row.status);
            }
            CHECK(rig.dead_letters() <= 20 + 10 * 12);
            CHECK(rig.engine.stats().counters.rejections_withheld > 0);
            CHECK(rig.engine.stats().counters.retries == 0);  // it costs no attempt
            answer_for(rig, 40min, [](std::string_view body) { return is_canary(body) ? 404 : 204; });
            CHECK(rig.status().records_buffered == 0);
            CHECK(rig.dead_letters() <= 20 + 10 * 12);
        }
    }
}

TEST_CASE("a rejection at a quiet time is dead-lettered at once") {
    for (const int status : {400, 422}) {
        CAPTURE(status);
        Rig rig;
        rig.deliver("anna", "bad");
        rig.answer_oldest(status);
        rig.acknowledge_all_stores();
        CHECK(rig.dead_letters() == 1);
        CHECK(rig.status().records_buffered == 0);
        CHECK(rig.engine.stats().counters.rejections_withheld == 0);
    }
}

TEST_CASE("what is withheld holds its own account and nobody else") {
    Rig rig{small_ration()};
    deliver_bad_among_good(rig, 30);
    for (int i = 0; i < 30; ++i) {
        rig.deliver(fmt::format("bad{}", i), fmt::format("behind{}", i));
    }
    std::set<std::string> asked_for;
    answer_for(rig, 20s, [&](std::string_view body) {
        if (names(body, "behind")) {
            asked_for.emplace(body);
        }
        return bad_is_rejected(body);
    });
    CHECK(rig.dead_letters() <= 5 + 2);
    CHECK(asked_for.size() == rig.dead_letters());  // only behind what has ended
    rig.deliver("new", "new");
    REQUIRE(std::any_of(rig.requests.begin(), rig.requests.end(), [](const core::SendRequest& request) {
        return names(body(request), "\"new\"");
    }));
    answer_now(rig, bad_is_rejected);
    CHECK(rig.status().gates.front().state == core::GateState::open);
    CHECK(rig.settled(EventType::opted_out, Outcome::executed) == 30 + asked_for.size() + 1);
}

TEST_CASE("many wrong values leave at the ration's pace while the channel stays open") {
    Rig rig;
    deliver_bad_among_good(rig, 300);
    answer_now(rig, bad_is_rejected);
    CHECK(rig.dead_letters() == 100);
    answer_for(rig, 1min, bad_is_rejected);
    CHECK(rig.dead_letters() >= 150);
    CHECK(rig.dead_letters() <= 160);
    answer_for(rig, 5min, bad_is_rejected);
    CHECK(rig.dead_letters() == 300);
    CHECK(rig.status().records_buffered == 0);
    CHECK(std::count_if(rig.said.begin(), rig.said.end(), [](const core::Say& line) {
              return line.event == "gate_closed";
          }) == 0);
    const auto told = std::count_if(rig.said.begin(), rig.said.end(), [](const core::Say& line) {
        return line.event == "rejection_withheld";
    });
    CHECK(told >= 2);
    CHECK(told <= 6);  // once a minute
}

TEST_CASE("without a limit every rejection is dead-lettered at once") {
    auto with = small_ration();
    with.rejected_per_minute_max = 0;
    Rig rig{with};
    deliver_bad_among_good(rig, 300);
    answer_now(rig, bad_is_rejected);
    CHECK(rig.dead_letters() == 300);
}

TEST_CASE("what is withheld ends with the drain, for the next owner") {
    Rig rig{small_ration()};
    deliver_bad_among_good(rig, 30);
    answer_now(rig, bad_is_rejected);
    REQUIRE(rig.status().records_buffered == 25);
    const std::size_t letters = rig.dead_letters();
    for (int step = 0; rig.requests.empty(); ++step) {
        REQUIRE(step < 100);
        rig.pass_in_steps(100ms);  // one of them is asked for again
    }
    rig.step(core::DrainRequested{});
    answer_now(rig, bad_is_rejected);
    for (int step = 0; !rig.finish && step < 10; ++step) {
        if (rig.commit) {
            rig.acknowledge_commit();
        }
        rig.pass(100ms);
    }
    REQUIRE(rig.finish.has_value());
    CHECK(rig.dead_letters() == letters);
    REQUIRE(rig.committed.has_value());
    CHECK(rig.committed->offset.value <= 12);  // the first one withheld
}

TEST_CASE("a withheld head of a full window is given up first, and only for a rejection") {
    auto with = small_ration();
    with.span_max = 100;
    with.rejected_at_once_max = 1;
    with.rejected_per_minute_max = 1;
    Rig rig{with};
    rig.deliver("bad0", "bad0");
    answer_now(rig, bad_is_rejected);
    rig.deliver("bad1", "bad1");
    deliver_many(rig, 100, "p");
    int answer = 400;
    const Status status = [&](std::string_view body) { return names(body, "bad") ? answer : 204; };
    for (int second = 0; rig.engine.stats().counters.heads_given_up == 0; ++second) {
        REQUIRE(second < 62);
        answer_for(rig, 1s, status);
    }
    CHECK(rig.dead_letters() == 1);
    answer = 503;  // says nothing about the command
    for (int second = 0; rig.engine.stats().counters.retries == 0; ++second) {
        REQUIRE(second < 62);
        answer_for(rig, 1s, status);
    }
    CHECK(rig.dead_letters() == 1);
    answer = 400;
    answer_for(rig, 2min, status);
    CHECK(rig.dead_letters() == 2);
    CHECK(rig.engine.stats().counters.heads_given_up == 1);
    CHECK(rig.status().records_buffered == 0);
}

// Giving up heads once was free, so on a busy partition a twentieth of failing calls was dead-lettered as
// fast as records came: every head was one that failed.
TEST_CASE("heads of full windows are given up out of the ration") {
    struct Row {
        const char* because;
        int status;
        std::size_t least;
        std::size_t most;
    };
    const Row rows[] = {
        {"a rejection is evidence enough, so the ration sets the pace", 400, 10 + 8 * 6, 10 + 10 * 6},
        {"an error has to be proved the record's own first", 503, 10, 10 + 10 * 6},
    };
    for (const Row& row : rows) {
        CAPTURE(row.status);
        auto with = settings();
        with.span_max = 100;
        with.rejected_at_once_max = 10;
        with.rejected_per_minute_max = 6;
        Rig rig{with};
        int delivered = 0;
        const common::Instant began = rig.now.steady;
        for (const common::Instant until = began + 10min; rig.now.steady < until;) {
            for (int burst = 0; burst < 20 && rig.paused_epochs.empty(); ++burst, ++delivered) {
                const char* kind = delivered % 20 == 0 ? "bad" : "good";
                rig.deliver(fmt::format("{}{}", kind, delivered), fmt::format("{}{}", kind, delivered));
            }
            answer_for(rig, 1s, [&](std::string_view body) { return names(body, "bad") ? row.status : 204; });
        }
        CHECK(rig.engine.stats().counters.heads_given_up > 0);
        CHECK(rig.dead_letters() >= row.least);
        CHECK(rig.dead_letters() <= row.most);
        answer_for(rig, 10min, [](std::string_view) { return 204; });
        CHECK(rig.status().records_buffered == 0);
    }
}
