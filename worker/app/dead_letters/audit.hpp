// Who did what to which dead letters, and why: CloudEvents of type autosignin.dead-letters.audited.v1 on the
// receipts topic. The record of what is about to be done is stored before it is done.
#pragma once

#include <cstdint>
#include <string>

#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/letter.hpp"

namespace app::dead_letters {

// SHA-256 over the positions of the chosen letters, in their order: the same selection gives the same digest.
class Digest {
public:
    void add(const core::Position& position);
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    // 64 hexadecimal digits.
    [[nodiscard]] std::string text() const;

private:
    std::string positions_;
    std::uint64_t count_ = 0;
};

struct Audit {
    std::string id;      // the same for the records of one run
    std::string action;  // "reveal", "replay", "discard"
    std::string phase;   // "begun" or "ended"
    std::string by;
    std::string why;
    std::string group;   // of the workers
    std::string filter;  // core::text_of(Selection)
    std::uint64_t letters = 0;
    std::string digest;
    std::string result;  // of what ended, in words; no secret
};
[[nodiscard]] core::OutgoingRecord audit_record(std::string topic, const Audit& audit, common::WallTime now);

}  // namespace app::dead_letters
