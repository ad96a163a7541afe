// SIGINT and SIGTERM ask a run to stop between two letters; a second one ends the process at once, which is
// safe as well: what was sent since the last commit is then sent once more.
#pragma once

namespace app::dead_letters {

// From now on; before, signals end the process as usual.
void listen_for_interruption();
[[nodiscard]] bool interrupted() noexcept;

}  // namespace app::dead_letters
