// The course of a request through a simulated server of Apple's, the same for each of them: it may be lost on
// the way or land late; then the server decides; then the answer may be lost. Keeps script and ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/invariant.hpp"
#include "common/time.hpp"
#include "worker/sim/apple/answer.hpp"
#include "worker/sim/apple/fault_script.hpp"

namespace sim {

struct Request {
    Environment environment = Environment::production;  // which host was called
    std::string method = "POST";
    std::string path{};
    std::string authorization{};
    std::string content_type = "application/json";
    std::string body{};
};

// A request on its way; each server adds what it reads from it, and target().
template <class Entry>
struct CallInCourse {
    const Request* request;
    common::Now now;
    common::WallTime clock;  // Apple's
    Entry entry{};
    Answer answer{};

    void blame(const Fault& fault) {
        if (!entry.fault) {
            entry.fault = fault.kind;
        }
    }
};

template <class Entry>
class Course {
public:
    Course(Choose choose, bool keep_ledger) : faults_{std::move(choose)}, keep_ledger_{keep_ledger} {}

    [[nodiscard]] FaultScript& faults() noexcept { return faults_; }
    [[nodiscard]] const std::vector<Entry>& ledger() const noexcept { return ledger_; }
    [[nodiscard]] std::size_t in_the_air() const noexcept { return landings_.size(); }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }
    void forget_ledger() {
        INVARIANT(landings_.empty(), "a late request still has to be entered into the ledger");
        ledger_.clear();
    }

    template <class Call>
    [[nodiscard]] const Fault* struck(FaultKind kind, const Call& call) {
        return faults_.struck(kind, call.target(), call.now.steady);
    }

    // `decide(call)` does what the request asks for and writes the answer.
    template <class Call, class Decide>
    [[nodiscard]] Answer begin(Call call, Decide decide) {
        ++requests_;
        const std::size_t entry = ledger_.size();
        if (keep_ledger_) {
            ledger_.emplace_back();
        }
        if (const Fault* lost = faults_.lost_on_the_way(call.target(), call.now.steady, call.answer)) {
            call.blame(*lost);
            return finish(call, entry);
        }
        if (const Fault* late = struck(FaultKind::delay_execution, call)) {
            const LandingId id{next_landing_++};
            landings_.emplace(id, Landing{*call.request, call.now.steady, entry});
            call.blame(*late);
            call.answer.delay = late->delay;
            call.answer.landing = id;
            return finish(call, entry);
        }
        return execute(call, entry, decide);
    }

    // An id lands once. `read(request, received)` makes the call.
    template <class Read, class Decide>
    [[nodiscard]] Answer land(LandingId id, Read read, Decide decide) {
        const auto landing = landings_.extract(id);
        INVARIANT(!landing.empty(), "a request lands once");
        auto call = read(landing.mapped().request, landing.mapped().received);
        call.entry.fault = FaultKind::delay_execution;
        return execute(call, landing.mapped().entry, decide);
    }

private:
    struct Landing {
        Request request;
        common::Instant received{};
        std::size_t entry = 0;
    };

    template <class Call, class Decide>
    [[nodiscard]] Answer execute(Call& call, std::size_t entry, Decide decide) {
        decide(call);
        call.entry.status = call.answer.status;
        if (const Fault* fault = faults_.injured(call.target(), call.now.steady, call.answer)) {
            call.blame(*fault);
        }
        return finish(call, entry);
    }

    template <class Call>
    [[nodiscard]] Answer finish(Call& call, std::size_t entry) {
        call.entry.wire = call.answer.wire;
        call.entry.answered =
            call.now.steady + (call.answer.landing ? common::Duration{} : call.answer.delay);
        if (keep_ledger_) {
            ledger_.at(entry) = std::move(call.entry);
        }
        return std::move(call.answer);
    }

    FaultScript faults_;
    bool keep_ledger_;
    std::vector<Entry> ledger_;
    std::map<LandingId, Landing> landings_;
    std::uint64_t next_landing_ = 1;
    std::uint64_t requests_ = 0;
};

}  // namespace sim
