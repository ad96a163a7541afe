#include "worker/sim/ports/source.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/overloaded.hpp"

namespace sim {

namespace {
using namespace std::chrono_literals;
}  // namespace

bool SimSource::ready() const {
    return !inbox_->empty() || std::any_of(owned_.begin(), owned_.end(), [](const auto& entry) {
        return entry.second.announced && !entry.second.paused && !entry.second.fetched.empty();
    });
}

void SimSource::assigned(std::size_t partition, core::Epoch epoch, core::Offset next, std::string metadata) {
    const auto& log = broker_.log(partition);
    const auto first = std::find_if(
        log.begin(), log.end(), [&](std::size_t record) { return broker_.record(record).offset >= next; });
    const auto index = static_cast<std::size_t>(first - log.begin());
    owned_[epoch] = {.partition = partition, .first = index, .next = index};
    inbox_->put(core::Assigned{epoch, broker_.name(partition), next, as_read(dialect_, next, metadata)});
    fetch_later(epoch);
}

void SimSource::revoked(std::vector<core::Epoch> epochs, bool lost) {
    for (const core::Epoch epoch : epochs) {
        const auto found = owned_.find(epoch);
        if (found != owned_.end() && !found->second.fetched.empty()) {
            witness_.reached(Probe::record_after_its_revocation);
        }
        owned_.erase(epoch);  // nothing more is handed out
    }
    inbox_->put(core::Revoked{std::move(epochs), lost});
}

void SimSource::fetch_later(core::Epoch epoch) {
    const auto owned = owned_.find(epoch);
    const bool behind = owned != owned_.end() && owned->second.partition == weather_.partition_behind;
    const common::Duration latency =
        behind ? choices_.between(500ms, 5s) : choices_.skewed(1ms, weather_.fetch_latency_max);
    timeline_.after(latency, [weak = weak_from_this(), epoch] {
        if (const auto self = weak.lock()) {
            self->fetch(epoch);
        }
    });
}

void SimSource::fetch(core::Epoch epoch) {
    const auto found = owned_.find(epoch);
    if (found == owned_.end()) {
        return;
    }
    Owned& owned = found->second;
    const auto& log = broker_.log(owned.partition);
    // What was handed out is fetched again, as after a seek that nobody asked for.
    if (choices_.chance(weather_.rewinds_percent)) {
        owned.next -= std::min(owned.next - owned.first, choices_.between(1, 10));
    }
    const std::size_t batch = choices_.between(1, 40);
    for (std::size_t taken = 0; taken < batch && owned.next < log.size() &&
                                broker_.available(log[owned.next]) <= timeline_.now().steady;
         ++taken) {
        owned.fetched.push_back(log[owned.next++]);
    }
    if (owned.next == log.size()) {
        owned.waits = true;  // the plan has no more for this partition
        return;
    }
    const common::Instant available = broker_.available(log[owned.next]);
    if (available <= timeline_.now().steady) {
        fetch_later(epoch);
        return;
    }
    owned.waits = true;
    timeline_.at(available, [weak = weak_from_this(), epoch] {
        if (const auto self = weak.lock()) {
            self->wake(epoch);
        }
    });
}

void SimSource::wake(core::Epoch epoch) {
    const auto owned = owned_.find(epoch);
    if (owned == owned_.end() || std::exchange(owned->second.waits, false)) {
        fetch_later(epoch);
    }
}

void SimSource::appended(std::size_t partition) {
    for (const auto& [epoch, owned] : owned_) {
        if (owned.partition == partition) {
            return wake(epoch);
        }
    }
}

core::Received SimSource::hand_out(core::Epoch epoch, std::size_t record) const {
    const PlannedRecord& planned = broker_.record(record);
    return {{epoch, planned.offset, planned.key, planned.value, planned.headers, planned.timestamp}};
}

bool SimSource::collect(std::size_t records_max, std::vector<core::Input>& inputs) {
    fuse_.burn();
    for (core::Input& input : inbox_->take()) {
        std::visit(
            common::Overloaded{
                [&](const core::Assigned& assigned) {
                    witness_.assigned(worker_, assigned);
                    if (const auto owned = owned_.find(assigned.epoch); owned != owned_.end()) {
                        owned->second.announced = true;
                    }
                },
                [&](const core::Revoked& revoked) { witness_.revoked(worker_, revoked); },
                [&](const core::CommitEnded& ended) { witness_.commit_ended(worker_, ended); },
                [](const auto&) {},
            },
            input);
        inputs.push_back(std::move(input));
    }
    for (auto& [epoch, owned] : owned_) {
        while (records_max > 0 && owned.announced && !owned.paused && !owned.fetched.empty()) {
            core::Received received = hand_out(epoch, owned.fetched.front());
            owned.fetched.pop_front();
            --records_max;
            witness_.received(worker_, received);
            inputs.emplace_back(std::move(received));
        }
    }
    return ready();
}

void SimSource::set_paused(core::Epoch epoch, bool paused) {
    if (const auto owned = owned_.find(epoch); owned != owned_.end()) {
        owned->second.paused = paused;
        if (paused) {
            witness_.reached(Probe::partition_paused);
        }
    }
}

void SimSource::commit(const std::vector<core::PartitionCommit>& partitions) {
    fuse_.burn();
    witness_.commit_asked(worker_, partitions);
    const bool fails = choices_.chance(weather_.commits_fail_percent);
    const bool answer_lost = !fails && choices_.chance(weather_.commit_answers_lost_percent);
    const common::Duration there = choices_.skewed(100us, weather_.commit_latency_max);
    const common::Duration back = choices_.skewed(100us, weather_.commit_latency_max);
    const auto error = std::make_shared<std::string>(fails || answer_lost ? "simulated" : "");
    if (!fails) {
        std::vector<core::PartitionCommit> written = partitions;
        for (core::PartitionCommit& entry : written) {
            entry.metadata = as_written(dialect_, entry.offset, entry.metadata);
        }
        timeline_.after(there, [&broker = broker_, written = std::move(written), error] {
            const std::string refused = broker.commit(written);
            *error = refused.empty() ? *error : refused;
        });
    }
    timeline_.after(there + back, [inbox = inbox_, error] {
        inbox->put(core::CommitEnded{error->empty(), *error});
    });
}

void SimSource::release(const std::vector<core::Epoch>& epochs) {
    fuse_.burn();
    for (const core::Epoch epoch : epochs) {
        owned_.erase(epoch);
        witness_.released(worker_, epoch);
        timeline_.after(choices_.skewed(100us, 20ms), [&broker = broker_, worker = worker_, epoch] {
            broker.release(worker, epoch);
        });
    }
}

}  // namespace sim
