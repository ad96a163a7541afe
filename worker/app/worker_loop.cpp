#include "worker/app/worker_loop.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "common/overloaded.hpp"
#include "worker/ports/place_credential.hpp"

namespace app {

namespace {

// One turn takes a bounded bite, so that answers are never kept waiting behind a burst of records.
constexpr std::size_t records_a_turn = 64;

}  // namespace

TurnResult WorkerLoop::turn() {
    const common::Instant until = more_ready_
                                      ? common::Instant::min()
                                      : std::min(engine_.next_deadline(), ports_.transport.next_deadline());
    if (!ports_.waiter.wait(until, inputs_)) {
        return TurnResult::stopped;
    }
    const common::Now now = ports_.clock.now();
    ports_.transport.collect(now, inputs_);
    ports_.sink.collect(inputs_);
    ports_.credentials.collect(now, inputs_);
    more_ready_ = ports_.source.collect(records_a_turn, inputs_);
    if (inputs_.empty()) {
        inputs_.emplace_back(core::Tick{});
    }
    effects_.clear();
    engine_.step(inputs_, now, effects_);
    inputs_.clear();
    carry_out(now);
    ports_.transport.flush();
    return result_;
}

void WorkerLoop::carry_out(common::Now now) {
    for (core::Effect& effect : effects_) {
        std::visit(
            common::Overloaded{
                [&](core::SendRequest& wanted) { send(wanted, now); },
                [&](core::Store& store) { ports_.sink.store(std::move(store)); },
                [&](const core::Commit& commit) { ports_.source.commit(commit.partitions); },
                [&](const core::Pause& pause) { ports_.source.pause(pause.epoch); },
                [&](const core::Resume& resume) { ports_.source.resume(resume.epoch); },
                [&](const core::Release& release) { ports_.source.release(release.epochs); },
                [&](const core::RenewCredential& renew) { ports_.credentials.renew(renew.credential); },
                [&](const core::Say& line) {
                    if (ports_.journal.wants(line.severity)) {
                        ports_.journal.write(line);
                    }
                },
                [&](const core::Finish& finish) {
                    result_ = finish.clean ? TurnResult::finished : TurnResult::finished_late;
                },
            },
            effect);
    }
}

void WorkerLoop::send(core::SendRequest& send, common::Now now) {
    if (send.request.place == core::CredentialPlace::nowhere) {
        ports_.transport.send({send.id, std::move(send.request), {}, send.deadline});
        return;
    }
    const auto credential = ports_.credentials.authorization(send.request.credential, now);
    if (credential) {
        common::Secret header = ports::place_credential(send.request, **credential);
        ports_.transport.send({send.id, std::move(send.request), std::move(header), send.deadline});
        return;
    }
    // Every request in flight may end here in one turn.
    if (const auto times = not_signed_[send.request.credential].due(now.steady)) {
        ports_.journal.write(
            {core::Severity::error,
             "credential_unavailable",
             credential.error().message,
             {{"times", std::to_string(*times)}}});
    }
    inputs_.emplace_back(core::ExchangeEnded{send.id, core::NotSent{core::NotSentReason::no_credential}});
    more_ready_ = true;
}

}  // namespace app
