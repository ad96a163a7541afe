// The producer of one worker: acknowledgements that are late, refused or lost, and records that are too
// large.
#pragma once

#include <vector>

#include "worker/ports/record_sink.hpp"
#include "worker/sim/ports/inbox.hpp"
#include "worker/sim/ports/surroundings.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/world/weather.hpp"

namespace sim {

class SimSink final : public ports::RecordSink {
public:
    SimSink(const Surroundings& around, Broker& broker)
        : worker_{around.worker},
          timeline_{around.timeline},
          choices_{around.choices},
          broker_{broker},
          weather_{around.weather},
          witness_{around.witness},
          fuse_{around.fuse} {}

    void store(core::Store store) override;
    void collect(std::vector<core::Input>& inputs) override;
    [[nodiscard]] bool ready() const noexcept { return !inbox_->empty(); }

private:
    WorkerId worker_;
    Timeline& timeline_;
    Choices& choices_;
    Broker& broker_;
    const Weather& weather_;
    Witness& witness_;
    Fuse& fuse_;
    SharedInbox inbox_ = std::make_shared<Inbox>();
};

}  // namespace sim
