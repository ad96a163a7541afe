// A cluster of a check's own that outlives any one of its brokers: each is controller as well, topics have
// three replicas of which two have to acknowledge, and leaders move back to a broker that returns.
//
// Errors: Failed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/kafka/private_broker.hpp"

namespace lane {

class ThreeBrokers {
public:
    // They wait for each other, so they are started together.
    ThreeBrokers(const Stage& stage, const std::string& name);

    [[nodiscard]] std::string bootstrap() const;  // of all
    // By node.id, 1 to 3, which is what Replicas::leader names.
    [[nodiscard]] PrivateBroker& node(std::int32_t id) { return *nodes_.at(id); }
    // At the same time: without a quorum of controllers one waits for the other.
    void start(const std::vector<std::int32_t>& ids);

private:
    std::map<std::int32_t, std::unique_ptr<PrivateBroker>> nodes_;
};

}  // namespace lane
