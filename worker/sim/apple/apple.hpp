// The scripted Apple, Automatic Sign-In side: requests in, answers out, faults by script. The simulation
// calls it directly; worker/dev puts it behind real sockets. What Apple documents and what it does not:
// Answer::documented; facts of the public pages, or this simulator's own choice.
//
//   PlainTokens tokens{.active_keys = {"KEY"}, .bundle_ids = {"com.example.tv"}};
//   Apple apple{std::ref(tokens), [prng](auto bound) mutable { return prng.below(bound); }};
//   apple.store().put({Environment::production, "com.example.tv"}, "alice", "token-1");
//   apple.script({{.kind = FaultKind::throttle, .from = start, .until = start + 10s}});
//   Answer answer = apple.handle(request, now);
//
// Carrying an answer out is the caller's work: wait `delay`, then do what `wire` says. When `landing` is set
// nothing has happened yet: call land(*landing, then) once `delay` has passed, also when the client is gone,
// and carry out what that returns.
//
// Ownership: owns store, script and ledger. Threads: none; the caller locks.
// Errors: none; whatever the request is, there is an answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "worker/sim/apple/answer.hpp"
#include "worker/sim/apple/course.hpp"
#include "worker/sim/apple/fault_script.hpp"
#include "worker/sim/apple/ledger.hpp"
#include "worker/sim/apple/store.hpp"
#include "worker/sim/apple/token.hpp"

namespace sim {

struct AppleOptions {
    bool keep_ledger = true;        // off for endless runs and benchmarks
    bool refuse_bad_bodies = true;  // 400 for what is no request object; else 404, as a value nobody has
};

class Apple {
public:
    Apple(TokenCheck check, Choose choose, AppleOptions options = {});

    // Faults from now on; replaces the script. An empty script: Apple is well.
    void script(std::vector<Fault> faults) { course_.faults().replace(std::move(faults)); }
    void add(Fault fault) { course_.faults().add(std::move(fault)); }

    [[nodiscard]] Answer handle(const Request& request, common::Now now);

    // The late landing of a request; see the top. An id lands once.
    [[nodiscard]] Answer land(LandingId id, common::Now now);
    // Requests that have yet to land: as long as there are any the store is not final.
    [[nodiscard]] std::size_t in_the_air() const noexcept { return course_.in_the_air(); }

    [[nodiscard]] AppleStore& store() noexcept { return store_; }
    [[nodiscard]] const AppleStore& store() const noexcept { return store_; }
    [[nodiscard]] const Ledger& ledger() const noexcept { return course_.ledger(); }
    void forget_ledger() { course_.forget_ledger(); }  // only while nothing is in the air
    // Counted also without a ledger.
    [[nodiscard]] std::uint64_t requests() const noexcept { return course_.requests(); }

private:
    struct Call;

    [[nodiscard]] Call read(const Request& request, common::Now now, common::Instant received);
    void decide(Call& call);
    [[nodiscard]] bool turned_away(Call& call);
    void look_up(Call& call);

    TokenCheck check_;
    Course<LedgerEntry> course_;
    AppleOptions options_;
    AppleStore store_;
};

}  // namespace sim
