#include "worker/app/dead_letters/fate_search.hpp"

#include <algorithm>

namespace app::dead_letters {
namespace {

constexpr std::int64_t records_max = 1'000'000;

}  // namespace

common::Result<FateFound> find_fate(
    kafka::LogReader& reader, const std::string& receipts_topic, const core::Letter& letter,
    const Progress& progress) {
    const auto parts = reader.extents(receipts_topic);
    if (!parts) {
        return parts.error();
    }
    FateFound found{core::Fate{letter}, true};
    const std::int64_t a_partition_max =
        records_max / std::max<std::int64_t>(1, static_cast<std::int64_t>(parts->size()));
    const auto from = [&](const kafka::Watermarks& marks) {
        return std::max(marks.first, core::Offset{marks.end.value - a_partition_max});
    };
    std::uint64_t total = 0;
    for (const kafka::LogReader::Extent& part : *parts) {
        total += static_cast<std::uint64_t>(part.marks.end - from(part.marks));
        found.looked_at_all = found.looked_at_all && from(part.marks) == part.marks.first;
    }
    std::uint64_t looked_at = 0;
    for (const kafka::LogReader::Extent& part : *parts) {
        const auto done =
            reader.read(part.partition, from(part.marks), part.marks.end, [&](core::Record&& record) {
                progress(++looked_at, total);
                if (record.value) {
                    found.fate.record(*record.value);
                }
                return true;
            });
        if (!done) {
            return done.error();
        }
    }
    return found;
}

}  // namespace app::dead_letters
