#include "worker/app/dead_letters/receipts_tail.hpp"

#include <utility>

namespace app::dead_letters {

common::Result<ReceiptsTail> ReceiptsTail::open(kafka::LogReader& reader, const std::string& topic) {
    const auto count = reader.partitions(topic);
    if (!count) {
        return count.error();
    }
    std::vector<Part> parts;
    for (std::int32_t number = 0; number < *count; ++number) {
        const core::TopicPartition partition{topic, number};
        const auto marks = reader.watermarks(partition);
        if (!marks) {
            return marks.error();
        }
        parts.push_back({partition, marks->end});
    }
    return ReceiptsTail{reader, std::move(parts)};
}

common::Result<bool> ReceiptsTail::follow(core::Outcomes& outcomes) {
    for (Part& part : parts_) {
        const auto marks = reader_->watermarks(part.partition);
        if (!marks) {
            return marks.error();
        }
        if (marks->end <= part.next) {
            continue;
        }
        const auto next = reader_->read(part.partition, part.next, marks->end, [&](core::Record&& record) {
            if (record.value) {
                outcomes.receipt(*record.value);
            }
            return true;
        });
        if (!next) {
            return next.error();
        }
        part.next = *next;
    }
    return true;
}

}  // namespace app::dead_letters
