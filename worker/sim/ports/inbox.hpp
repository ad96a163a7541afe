// What a port has for its worker, in the order in which it became ready. Shared with the happenings that fill
// it, so that an answer to a worker that is gone goes nowhere.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "worker/core/engine/input.hpp"

namespace sim {

class Inbox {
public:
    void put(core::Input input) { waiting_.push_back(std::move(input)); }
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    [[nodiscard]] std::vector<core::Input> take() { return std::exchange(waiting_, {}); }

private:
    std::vector<core::Input> waiting_;
};

using SharedInbox = std::shared_ptr<Inbox>;

}  // namespace sim
