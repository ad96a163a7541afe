// A plan carried out: the replay group is held, the audit record is stored, then letter by letter is settled,
// and at last every one's fate is told.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/token_bucket.hpp"
#include "worker/app/dead_letters/complaints.hpp"
#include "worker/app/dead_letters/courier.hpp"
#include "worker/app/dead_letters/meter.hpp"
#include "worker/app/dead_letters/plan.hpp"
#include "worker/app/dead_letters/receipts_tail.hpp"
#include "worker/app/dead_letters/run_report.hpp"

namespace app::dead_letters {

class Run {
public:
    // All of them outlive it.
    Run(const Config& config, const ErrandOptions& options, const Errand& errand, Shelf& shelf,
        const Plan& plan);

    // Once.
    [[nodiscard]] ExitCode go();

private:
    // Why nothing was done; none: it is begun.
    [[nodiscard]] std::optional<ExitCode> begin();
    [[nodiscard]] common::Result<std::unique_ptr<kafka::SoleMember>, kafka::NotJoined> hold_the_group();
    [[nodiscard]] common::Result<bool> store_audit(std::string phase);
    void work();
    [[nodiscard]] common::Result<bool> work_on(const Stretch& stretch);
    // False: no more of this partition.
    [[nodiscard]] bool take(const core::LetterRead& read, const core::Record& record, core::Offset from);
    [[nodiscard]] bool settled_meanwhile(const core::Position& place, core::Offset from);
    [[nodiscard]] std::size_t commands_of(const core::Record& record) const;
    [[nodiscard]] bool go_on();
    [[nodiscard]] bool await_turn();
    [[nodiscard]] bool await_room();
    [[nodiscard]] bool end_stage();
    void await_receipts();
    void follow(common::Duration interval);
    void show();
    void stop(std::string why);
    [[nodiscard]] ExitCode end();

    const Config& config_;
    const ErrandOptions& options_;
    const Errand& errand_;
    Shelf& shelf_;
    const Plan& plan_;
    common::TokenBucket bucket_;
    Complaints complaints_;
    std::unique_ptr<kafka::RecordSink> sink_;
    std::optional<Courier> courier_;
    std::optional<ReceiptsTail> tail_;  // with receipts
    core::Outcomes outcomes_;
    Audit audit_;
    Meter meter_;
    RunReport report_;
    std::uint64_t taken_ = 0;
    std::size_t stage_ = 0;  // of a canary
    bool stopped_ = false;
    bool receipts_trouble_ = false;  // told once
    common::Instant next_follow_{};
};

}  // namespace app::dead_letters
