// Which session was asked about lately. Apple takes one check of a refresh token a day, so a second one is
// answered from here, with the receipt saying that nobody was asked.
//
// The memory is this process's: after a restart, or with the account's partition at another worker, a session
// may be asked about again. It keeps fingerprints, and the oldest make room when it is full.
#include "worker/core/engine/impl.hpp"
#include "worker/core/planted.hpp"

namespace core {

// Notes that `by` asks now, unless somebody else has asked less than a day ago or is asking. A question that
// was never answered is no question: its record may ask again, and so may others once it is gone.
bool Engine::Impl::asked_lately(const Command& command, ObligationKey by) {
    if (!settings_.fingerprint || planted(Bug::session_asked_twice_a_day)) {
        return false;
    }
    const std::string session = settings_.fingerprint(command.value.expose());
    const auto known = sessions_.find(session);
    if (known == sessions_.end()) {
        sessions_.emplace(session, Asked{now_.steady, by});
        sessions_in_order_.push_back(session);
        if (sessions_in_order_.size() > settings_.sessions_remembered_max) {
            sessions_.erase(sessions_in_order_.front());
            sessions_in_order_.pop_front();
        }
        return false;
    }
    Asked& asked = known->second;
    const bool answered_lately = asked.answered && now_.steady - asked.at < settings_.session_check_interval;
    const bool being_asked = !asked.answered && asked.by != by && obligations_.find(asked.by) != nullptr;
    if (answered_lately || being_asked) {
        return true;
    }
    asked = Asked{now_.steady, by};
    return false;
}

// Apple's word that it was asked too soon counts as an answer: it would say so again.
void Engine::Impl::session_answered(const Command& command, CommandProgress& progress, Done done) {
    progress.session = done == Done::asked_too_soon ? SessionState::not_asked
                       : done == Done::session_over ? SessionState::over
                                                    : SessionState::valid;
    stats_.counters.sessions_not_asked += done == Done::asked_too_soon ? 1 : 0;
    remember_answer(command);
}

// Whatever it was: a refusal is an answer too, and asking again on the same day would not change it.
void Engine::Impl::remember_answer(const Command& command) {
    if (!settings_.fingerprint) {
        return;
    }
    const auto known = sessions_.find(settings_.fingerprint(command.value.expose()));
    if (known != sessions_.end()) {
        known->second.at = now_.steady;
        known->second.answered = true;
    }
}

}  // namespace core
