// The receipts that were written since it was opened.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "worker/adapters/kafka/log_reader.hpp"
#include "worker/core/letters/outcomes.hpp"

namespace app::dead_letters {

class ReceiptsTail {
public:
    // From the topic's present end on. The reader outlives it.
    [[nodiscard]] static common::Result<ReceiptsTail> open(
        kafka::LogReader& reader, const std::string& topic);

    // Tells what came since the last time. Blocks as the reader does.
    [[nodiscard]] common::Result<bool> follow(core::Outcomes& outcomes);

private:
    struct Part {
        core::TopicPartition partition;
        core::Offset next;
    };
    ReceiptsTail(kafka::LogReader& reader, std::vector<Part> parts)
        : reader_{&reader}, parts_{std::move(parts)} {}

    kafka::LogReader* reader_;
    std::vector<Part> parts_;
};

}  // namespace app::dead_letters
