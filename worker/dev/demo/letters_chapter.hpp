// The demo's last chapter: what is owed after the trouble is listed, its cause mended, what can be executed
// now replayed, the rest discarded on the record, until nothing is owed.
#pragma once

#include "worker/app/config/config.hpp"
#include "worker/dev/demo/scene.hpp"
#include "worker/dev/demo/stop_signal.hpp"
#include "worker/dev/demo/tally.hpp"
#include "worker/sim/plan/plan.hpp"

namespace dev {

// While the worker runs. True: the list is empty, the receipts say what became of every letter, and Apple no
// longer holds what the poisoned events named. Ends early, and false, once `stop` came.
[[nodiscard]] bool work_off_letters(
    const app::Config& config, const sim::Plan& plan, Scene& scene, Tally& tally, StopSignal& stop);

}  // namespace dev
