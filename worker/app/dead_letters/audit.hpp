// Who did what to which dead letters, and why: CloudEvents of type autosignin.dead-letters.audited.v1 on the
// receipts topic, also when receipts are switched off. The record of what is about to be done is stored
// before it is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "worker/app/config/config.hpp"
#include "worker/core/letters/read_letter.hpp"
#include "worker/core/settle/letter.hpp"

namespace app::dead_letters {

// SHA-256 over the positions of the chosen letters, one a line, in their order. Whoever has these can compute
// it again: before the run, and when it refused none, had no limit and took no more than `list` shows, with
// the filter of the record, `list
// FILTER --each --format json | jq -r '.each[].position' | sha256sum`.
class Digest {
public:
    Digest();
    Digest(const Digest& other);
    Digest& operator=(const Digest&) = delete;
    ~Digest();
    void add(const core::Position& position);
    // 64 hexadecimal digits.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
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
    std::string superseded_by;  // id of an event; empty: none
    std::string result;         // of what ended, in words; no secret
};
[[nodiscard]] core::OutgoingRecord audit_record(std::string topic, const Audit& audit, common::WallTime now);

// One record alone, for what is no run. The error: it was not stored.
[[nodiscard]] common::Result<bool> leave_audit(const Config& config, const Audit& audit);

// NAME@HOST of whoever runs the program.
[[nodiscard]] std::string operator_name();

}  // namespace app::dead_letters
