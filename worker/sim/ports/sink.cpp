#include "worker/sim/ports/sink.hpp"

#include <utility>
#include <variant>

namespace sim {

namespace {

using namespace std::chrono_literals;

std::size_t bytes(const core::OutgoingRecord& record) {
    std::size_t sum = record.key.value_or("").size() + record.value.value_or("").size();
    for (const core::Header& header : record.headers) {
        sum += header.name.size() + header.value.value_or("").size();
    }
    return sum;
}

}  // namespace

void SimSink::store(core::Store store) {
    fuse_.burn();
    witness_.store_asked(worker_, store);
    const common::Duration there = choices_.skewed(50us, weather_.store_latency_max);
    const common::Duration back = choices_.skewed(50us, weather_.store_latency_max);
    core::StoreEnded ended{store.id, core::StoreResult::acknowledged, ""};
    bool arrives = true;
    if (bytes(store.record) > record_bytes_max) {
        ended = {store.id, core::StoreResult::too_large, "simulated: too large"};
        arrives = false;
    } else if (choices_.chance(weather_.stores_fail_percent)) {
        ended = {store.id, core::StoreResult::failed, "simulated: failed"};
        arrives = false;
    } else if (choices_.chance(weather_.store_acks_lost_percent)) {
        ended = {store.id, core::StoreResult::failed, "simulated: acknowledgement lost"};
    }
    common::Duration arrives_after = there;
    if (arrives && choices_.chance(weather_.stores_late_percent)) {
        // The producer's timeout comes first; the broker stores it all the same.
        ended = {store.id, core::StoreResult::failed, "simulated: timed out"};
        arrives_after = there + back + choices_.between(1ms, 20s);
        timeline_.after(arrives_after, [&witness = witness_, kind = store.kind] {
            if (kind == core::StoreKind::dead_letter) {
                witness.reached(Probe::letter_stored_after_its_timeout);
            }
        });
    }
    if (arrives) {
        timeline_.after(
            arrives_after, [&broker = broker_, kind = store.kind, record = std::move(store.record)] {
                broker.store(kind, record);
            });
    }
    timeline_.after(there + back, [inbox = inbox_, ended] { inbox->put(ended); });
}

void SimSink::collect(std::vector<core::Input>& inputs) {
    for (core::Input& input : inbox_->take()) {
        witness_.store_ended(worker_, std::get<core::StoreEnded>(input));
        inputs.push_back(std::move(input));
    }
}

}  // namespace sim
