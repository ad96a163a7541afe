// Events sent by kcat, as somebody at a shell would send them.
#pragma once

#include <string>
#include <vector>

#include "tests/kafka/account_history.hpp"

namespace lane {

// In the order given; neighbours with the same headers go through one kcat. Requires values and keys without
// line ends and tabs. `folder` takes its input and its complaints. Errors: Failed.
void send_by_kcat(
    const std::string& bootstrap, const std::string& topic, const std::vector<SentEvent>& events,
    const std::string& folder);

}  // namespace lane
