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
#include <vector>

#include "common/strong.hpp"
#include "common/time.hpp"
#include "worker/core/outcome/exchange.hpp"
#include "worker/sim/apple_fault.hpp"
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

using LandingId = common::Strong<struct LandingIdTag, std::uint64_t>;

struct Answer {
    int status = 0;  // 0: there is none
    std::string content_type{};
    std::string body{};
    std::optional<std::string> retry_after{};
    common::WallTime date{};  // Apple's clock, offset included
    bool documented = true;   // by Apple, for this call
    Wire wire = Wire::answer;
    common::Duration delay{};
    std::optional<LandingId> landing{};
};

// How a client sees an answer that was carried out over HTTP/2 (a stall ends at its deadline).
// Not for answers that have yet to land.
[[nodiscard]] core::Exchange exchange_of(const Answer& answer);

struct AppleOptions {
    bool keep_ledger = true;        // off for endless runs and benchmarks
    bool refuse_bad_bodies = true;  // 400 for what is no request object; else 404, as a value nobody has
};

class Apple {
public:
    Apple(TokenCheck check, Choose choose, AppleOptions options = {});

    // Faults from now on; replaces the script. An empty script: Apple is well.
    void script(std::vector<Fault> faults);
    void add(Fault fault);

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
        common::Instant received;
        std::size_t entry;
    };

    [[nodiscard]] const Fault* struck(FaultKind kind, const Call& call);
    [[nodiscard]] Call read(const Request& request, common::Now now);
    [[nodiscard]] bool lost_on_the_way(Call& call);
    void decide(Call& call);
    void execute(Call& call);
    void injure(Call& call);
    [[nodiscard]] bool throttled(Call& call);
    [[nodiscard]] Answer finish(Call& call, std::size_t entry);

    TokenCheck check_;
    Choose choose_;
    AppleOptions options_;
    AppleStore store_;
    std::vector<Fault> faults_;
    Ledger ledger_;
    std::map<LandingId, Landing> landings_;
    std::uint64_t next_landing_ = 1;
    std::uint64_t requests_ = 0;
};

}  // namespace sim
