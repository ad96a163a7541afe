#include "worker/app/dead_letters/receipts_tail.hpp"

#include <utility>

namespace app::dead_letters {

common::Result<ReceiptsTail> ReceiptsTail::open(kafka::LogReader& reader, const std::string& topic) {
    const auto extents = reader.extents(topic);
    if (!extents) {
        return extents.error();
    }
    std::vector<Part> parts;
    for (const kafka::LogReader::Extent& each : *extents) {
        parts.push_back({each.partition, each.marks.end});
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
