// What the worlds of a run were made of, counted in buckets: a bucket that stays empty over thousands of
// seeds is an input that nothing tests, so a long run fails then (tests/simulation/simulate.cpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "worker/sim/apple/fault.hpp"
#include "worker/sim/plan/plan.hpp"
#include "worker/sim/world/swarm.hpp"

namespace sim {

enum class Input : std::uint8_t {
    event_type,
    action,
    commands,
    record,
    envelope,
    key,
    record_bytes,
    workers,
    partitions,
    accounts,
    records,
    apps,
    busiest_account,
    calm_after,
    classes_at_once,
    fault_class,
    fault_at_apple,
    retry_after,
    credential_fault,
    clock_jump,
    sleep,
    setting,
    errand,
    errand_limits,
    selection,
    letters,
};

// The first name is the group's, the others are its buckets'.
struct InputGroup {
    Input input;
    std::string_view name;
    std::array<std::string_view, 32> buckets{};

    [[nodiscard]] constexpr std::size_t size() const {
        std::size_t size = 0;
        while (size < buckets.size() && !buckets[size].empty()) {
            ++size;
        }
        return size;
    }
};

inline constexpr std::array input_groups{
    InputGroup{
        Input::event_type, "event type", {"password-changed", "opted-out", "sign-in-flagged", "deleted"}},
    InputGroup{Input::action, "command", {"update", "delete"}},
    InputGroup{Input::commands, "commands in an event", {"none", "1", "2", "3 or 4"}},
    InputGroup{Input::record, "record", {"valid", "poisoned", "invalid"}},
    InputGroup{Input::envelope, "envelope", {"structured", "binary"}},
    InputGroup{Input::key, "key", {"subject", "none", "another"}},
    InputGroup{Input::record_bytes, "bytes of a record", {"<200", "<400", "<600", "<8000", "more"}},
    InputGroup{Input::workers, "workers", {"1", "2", "3"}},
    InputGroup{Input::partitions, "partitions", {"1", "2", "3", "4"}},
    InputGroup{Input::accounts, "accounts", {"1-3", "4-9", "10-40"}},
    InputGroup{Input::records, "records", {"2-9", "10-39", "40-119", "120-300"}},
    InputGroup{Input::apps, "apps", {"1", "2"}},
    InputGroup{Input::busiest_account, "records of the busiest account", {"<1/8", "<1/4", "<1/2", "more"}},
    InputGroup{Input::calm_after, "faults end after", {"<10s", "<30s", "<60s", "<90s"}},
    InputGroup{Input::classes_at_once, "fault classes at once", {"0", "1-3", "4-8", "9-15", "16+"}},
    InputGroup{
        Input::fault_class, "fault class",
        [] {
            std::array<std::string_view, 32> names{};
            for (std::size_t fault = 0; fault < fault_classes.size(); ++fault) {
                names[fault] = fault_classes[fault].name;
            }
            return names;
        }()},
    InputGroup{
        Input::fault_at_apple,
        "fault at Apple",
        {"lose_answer", "drop_request", "delay_answer", "delay_execution", "stall", "refuse_credential",
         "forbid", "throttle", "fail", "reject", "fail_value", "refuse_stream", "go_away", "close_unexecuted",
         "close_executed", "tear_body"}},
    InputGroup{
        Input::retry_after,
        "Retry-After",
        {"epoch_ms", "seconds", "http_date", "missing", "past", "unreadable"}},
    InputGroup{Input::credential_fault, "credential", {"401", "403", "no key", "key revoked"}},
    InputGroup{
        Input::clock_jump,
        "clock jump",
        {"back >1h", "back >10min", "back", "ahead", "ahead >10min", "ahead >1h"}},
    InputGroup{Input::sleep, "sleep", {"<1s", "<5s", "<20s", "<60s"}},
    InputGroup{
        Input::setting,
        "setting",
        {"rate limit", "no receipts", "no canary", "in flight <=4", "buffer <=20", "bytes limit",
         "stores <=8", "span limit", "commits each few", "outcomes told", "small ration"}},
    InputGroup{Input::errand, "errand", {"replay", "discard"}},
    InputGroup{Input::errand_limits, "errand's limits", {"none", "letters", "rate", "both"}},
    InputGroup{
        Input::selection,
        "selection",
        {"everything", "reason", "account", "app", "partition", "islands", "replayed or not", "type"}},
    InputGroup{Input::letters, "dead letters of a world with operators", {"0", "1-3", "4-15", "more"}},
};
static_assert(input_groups.size() == static_cast<std::size_t>(Input::letters) + 1);

// Where the buckets of a group begin, all in one row.
inline constexpr auto input_offsets = [] {
    std::array<std::size_t, input_groups.size() + 1> offsets{};
    for (std::size_t group = 0; group < input_groups.size(); ++group) {
        offsets[group + 1] = offsets[group] + input_groups[group].size();
    }
    return offsets;
}();
using InputCounts = std::array<std::uint64_t, input_offsets.back()>;

class Inputs {
public:
    // Requires one of the group's buckets.
    void count(Input input, std::size_t bucket) {
        ++counts_.at(input_offsets[static_cast<std::size_t>(input)] + bucket);
    }
    void count_fault(FaultKind kind);
    void count_world(const Swarm& swarm, const Plan& plan);

    [[nodiscard]] const InputCounts& counts() const noexcept { return counts_; }

private:
    void count_record(const Plan& plan, const PlannedRecord& record);
    void count_settings(const core::Settings& settings);

    InputCounts counts_{};
};

}  // namespace sim
