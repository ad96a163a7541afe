#include "tests/simulation/probes.hpp"

namespace simulation {

namespace {

std::uint64_t dead(const core::Counters& counters, core::DeadLetterReason reason) {
    return counters.dead_letters[static_cast<std::size_t>(reason)];
}

std::uint64_t ended(const core::Counters& counters, core::Action action, core::Outcome outcome) {
    return counters.commands[static_cast<std::size_t>(action)][static_cast<std::size_t>(outcome)];
}

}  // namespace

Probes probes_of(const core::Counters& counters) {
    return {
        counters.records_already_finished,
        counters.records_of_old_epochs,
        dead(counters, core::DeadLetterReason::invalid),
        dead(counters, core::DeadLetterReason::rejected),
        dead(counters, core::DeadLetterReason::exhausted),
        counters.dead_letters_without_value,
        counters.store_failures,
        counters.commit_failures,
        counters.canaries,
        counters.retries,
        counters.free_retries,
        ended(counters, core::Action::update, core::Outcome::probably_executed),
        ended(counters, core::Action::erase, core::Outcome::already_so) +
            ended(counters, core::Action::erase, core::Outcome::not_found),
        counters.heads_given_up,
        counters.key_not_subject,
        counters.rejections_withheld,
    };
}

void add(Probes& sum, const Probes& more) {
    for (std::size_t probe = 0; probe < sum.size(); ++probe) {
        sum[probe] += more[probe];
    }
}

void add(Probes& sum, const sim::ProbeCounts& world) {
    for (std::size_t probe = 0; probe < world.size(); ++probe) {
        sum[engine_probe_names.size() + probe] += world[probe];
    }
}

}  // namespace simulation
