// The consumer of one worker: what the scripted broker assigns, fetched and handed out as Kafka does.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "worker/ports/record_source.hpp"
#include "worker/sim/kafka/broker.hpp"
#include "worker/sim/kafka/map_dialect.hpp"
#include "worker/sim/ports/inbox.hpp"
#include "worker/sim/ports/surroundings.hpp"
#include "worker/sim/ports/witness.hpp"
#include "worker/sim/world/weather.hpp"

namespace sim {

class SimSource final : public ports::RecordSource,
                        public GroupMember,
                        public std::enable_shared_from_this<SimSource> {
public:
    SimSource(const Surroundings& around, Broker& broker, MapDialect dialect)
        : worker_{around.worker},
          timeline_{around.timeline},
          choices_{around.choices},
          broker_{broker},
          dialect_{dialect},
          weather_{around.weather},
          witness_{around.witness},
          fuse_{around.fuse} {}

    [[nodiscard]] bool collect(std::size_t records_max, std::vector<core::Input>& inputs) override;
    void pause(core::Epoch epoch) override { set_paused(epoch, true); }
    void resume(core::Epoch epoch) override { set_paused(epoch, false); }
    void commit(const std::vector<core::PartitionCommit>& partitions) override;
    void release(const std::vector<core::Epoch>& epochs) override;

    void assigned(std::size_t partition, core::Epoch epoch, core::Offset next, std::string metadata) override;
    void revoked(std::vector<core::Epoch> epochs, bool lost) override;
    void appended(std::size_t partition) override;

    // Something can be collected.
    [[nodiscard]] bool ready() const;

private:
    struct Owned {
        std::size_t partition = 0;
        std::size_t first = 0;              // index into the log, of the first record that is its own
        std::size_t next = 0;               // of the first one not fetched
        std::deque<std::size_t> fetched{};  // indices into the plan's records
        bool paused = false;
        bool announced = false;  // Assigned was collected
        bool waits = false;      // for a record that is not there yet
    };
    void set_paused(core::Epoch epoch, bool paused);
    void fetch_later(core::Epoch epoch);
    void fetch(core::Epoch epoch);
    void wake(core::Epoch epoch);
    [[nodiscard]] core::Received hand_out(core::Epoch epoch, std::size_t record) const;

    WorkerId worker_;
    Timeline& timeline_;
    Choices& choices_;
    Broker& broker_;
    MapDialect dialect_;
    const Weather& weather_;
    Witness& witness_;
    Fuse& fuse_;
    SharedInbox inbox_ = std::make_shared<Inbox>();
    std::map<core::Epoch, Owned> owned_;
};

}  // namespace sim
