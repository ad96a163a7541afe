#include "worker/adapters/kafka/position.hpp"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "worker/adapters/kafka/client.hpp"
#include "worker/adapters/kafka/rd.hpp"

namespace kafka {

Position choose_position(core::TopicPartition partition, const Known& known, OffsetReset reset) {
    Position position{std::move(partition)};
    const bool usable =
        known.committed &&
        (!known.range || (*known.committed >= known.range->low && *known.committed <= known.range->high));
    if (usable) {
        position.next = *known.committed;
        position.metadata = known.metadata;
        return position;
    }
    if (reset == OffsetReset::error) {
        position.held = known.committed ? "its committed offset does not exist any more"
                                        : "the group has no committed offset for it";
        return position;
    }
    position.reset = known.committed.has_value();
    position.from_beginning = !known.range;
    position.next = known.range ? known.range->low : core::Offset{0};
    return position;
}

common::Result<Positions, LookupError> look_up_positions(
    rd_kafka_s* handle, const std::vector<core::TopicPartition>& partitions, OffsetReset reset,
    common::Instant deadline) {
    const RdPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size()))};
    for (const core::TopicPartition& each : partitions) {
        rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
    }
    if (const auto code = rd_kafka_committed(handle, list.get(), milliseconds_left(deadline))) {
        return LookupError{code};
    }
    Positions positions;
    for (int i = 0; i < list->cnt; ++i) {
        const rd_kafka_topic_partition_t& entry = list->elems[i];
        if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            positions.unknown.push_back({{entry.topic, entry.partition}, entry.err});
            continue;
        }
        Known known;
        if (entry.offset >= 0) {
            known.committed = core::Offset{entry.offset};
            known.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
        }
        std::int64_t low = 0;
        std::int64_t high = 0;
        const int left = milliseconds_left(deadline);
        const auto code = left == 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                    : rd_kafka_query_watermark_offsets(
                                          handle, entry.topic, entry.partition, &low, &high, left);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            known.range = Known::Range{core::Offset{low}, core::Offset{high}};
        } else if (fault_of(code).kind == FaultKind::unknown_topic) {
            positions.unknown.push_back({{entry.topic, entry.partition}, code});
            continue;
        }
        positions.found.push_back(choose_position({entry.topic, entry.partition}, known, reset));
    }
    return positions;
}

}  // namespace kafka
