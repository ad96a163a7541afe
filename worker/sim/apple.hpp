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
#include "worker/sim/apple_answer.hpp"
#include "worker/sim/apple_fault_script.hpp"
#include "worker/sim/apple_ledger.hpp"
#include "worker/sim/apple_store.hpp"
#include "worker/sim/apple_token.hpp"

namespace sim {

struct Request {
    Environment environment = Environment::production;  // which host was called
    std::string method = "POST";
    std::string path{};
    std::string authorization{};
    std::string content_type = "application/json";
    std::string body{};
};

struct AppleOptions {
    bool keep_ledger = true;        // off for endless runs and benchmarks
    bool refuse_bad_bodies = true;  // 400 for what is no request object; else 404, as a value nobody has
};

class Apple {
public:
    Apple(TokenCheck check, Choose choose, AppleOptions options = {});

    // Faults from now on; replaces the script. An empty script: Apple is well.
    void script(std::vector<Fault> faults) { faults_.replace(std::move(faults)); }
    void add(Fault fault) { faults_.add(std::move(fault)); }

    [[nodiscard]] Answer handle(const Request& request, common::Now now);

    // The late landing of a request; see the top. An id lands once.
    [[nodiscard]] Answer land(LandingId id, common::Now now);
    // Requests that have yet to land: as long as there are any the store is not final.
    [[nodiscard]] std::size_t in_the_air() const noexcept { return landings_.size(); }

    [[nodiscard]] AppleStore& store() noexcept { return store_; }
    [[nodiscard]] const AppleStore& store() const noexcept { return store_; }
    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }
    void forget_ledger();  // only while nothing is in the air
    [[nodiscard]] std::uint64_t requests() const noexcept {
        return requests_;
    }  // counted also without a ledger

private:
    struct Call;
    struct Landing {
        Request request;
        common::Instant received{};
        std::size_t entry = 0;
    };

    [[nodiscard]] Call read(const Request& request, common::Now now, common::Instant received);
    [[nodiscard]] const Fault* struck(FaultKind kind, const Call& call);
    [[nodiscard]] bool lost_on_the_way(Call& call);
    void decide(Call& call);
    [[nodiscard]] bool turned_away(Call& call);
    void look_up(Call& call);
    void injure(Call& call);
    [[nodiscard]] Answer finish(Call& call, std::size_t entry);

    TokenCheck check_;
    FaultScript faults_;
    AppleOptions options_;
    AppleStore store_;
    Ledger ledger_;
    std::map<LandingId, Landing> landings_;
    std::uint64_t next_landing_ = 1;
    std::uint64_t requests_ = 0;
};

}  // namespace sim
