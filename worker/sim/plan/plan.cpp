#include "worker/sim/plan/plan.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/invariant.hpp"
#include "worker/core/event/event.hpp"
#include "worker/sim/plan/invalid.hpp"

namespace sim {

namespace {

constexpr std::array token_event_types{
    core::EventType::password_changed, core::EventType::opted_out, core::EventType::sign_in_flagged,
    core::EventType::deleted};

using nlohmann::json;

// What the account system knows about one account while it writes events.
struct Lineage {
    std::optional<std::string> current;  // stored once every event so far is executed
    std::vector<std::string> older;      // gone by then; named again now and then, as a careful sender does
    bool poisoned = false;               // `current` is poison
    int poisoned_events = 0;
    std::size_t serial = 0;
};

class Planner {
public:
    Planner(Choices& choices, const Swarm& swarm, common::WallTime start)
        : choices_{choices}, swarm_{swarm}, start_{start} {}

    Plan make() {
        make_partitions();
        make_accounts();
        make_times();
        for (const common::Duration at : times_) {
            make_record(at);
        }
        finish();
        return std::move(plan_);
    }

private:
    void make_partitions() {
        for (std::size_t partition = 0; partition < swarm_.partitions; ++partition) {
            plan_.partitions.push_back({"account-events", static_cast<std::int32_t>(partition)});
            next_offsets_.emplace_back(
                static_cast<std::int64_t>(choices_.chance(50) ? 0 : choices_.below(50)));
        }
        logs_.resize(swarm_.partitions);
    }

    void make_accounts() {
        lineages_.resize(swarm_.accounts);
        for (std::size_t account = 0; account < swarm_.accounts; ++account) {
            const core::AppId app{static_cast<std::uint32_t>(choices_.below(swarm_.apps))};
            const std::size_t partition = choices_.below(swarm_.partitions);
            plan_.accounts.push_back(
                {.name = fmt::format("acct-{}", account),
                 .app = app,
                 .shop = shop_of(app),
                 .partition = partition});
            lineages_[account].current = fresh_value(account, false);
            plan_.accounts[account].first_value = *lineages_[account].current;
        }
    }

    // A backlog from the start, the rest spread over the first half, all before the faults end.
    void make_times() {
        const bool backlog = choices_.chance(40);
        for (std::size_t record = 0; record < swarm_.records; ++record) {
            const bool early = backlog && choices_.chance(70);
            times_.push_back(early ? common::Duration{} : choices_.between({}, swarm_.calm_after));
        }
        std::sort(times_.begin(), times_.end());
    }

    std::string fresh_value(std::size_t account, bool may_be_poison) {
        Lineage& lineage = lineages_[account];
        std::string value = fmt::format("{}{}.{}", value_mark, account, lineage.serial++);
        lineage.poisoned = may_be_poison && swarm_.poison && choices_.chance(swarm_.poison_percent);
        lineage.poisoned_events = 0;
        if (lineage.poisoned) {
            (choices_.chance(50) ? plan_.rejected_values : plan_.failing_values).insert(value);
        }
        return value;
    }

    // Skewed as people are: a few accounts have most of the events.
    std::size_t pick_account() {
        if (swarm_.hot_account && choices_.chance(70)) {
            return 0;
        }
        const std::size_t range =
            choices_.chance(50) ? swarm_.accounts : std::max<std::size_t>(1, swarm_.accounts / 8);
        return choices_.below(range);
    }

    void make_record(common::Duration at) {
        const std::size_t account = pick_account();
        PlannedRecord record;
        record.account = account;
        record.partition = plan_.accounts[account].partition;
        record.offset = next_offset(record.partition);
        record.produced = at;
        record.timestamp = start_ + std::chrono::floor<std::chrono::milliseconds>(at);
        record.owed_since = record.timestamp;
        record.key = plan_.accounts[account].name;
        if (choices_.chance(3)) {
            record.key = choices_.chance(50) ? std::nullopt : std::optional<std::string>{"another-key"};
        }
        if (swarm_.invalid_records && choices_.chance(swarm_.invalid_percent)) {
            record.kind = RecordKind::invalid;
            make_invalid(choices_, record, plan_.accounts[account].name, swarm_.large_records);
        } else {
            make_event(record, at);
        }
        logs_[record.partition].push_back(std::move(record));
    }

    core::Offset next_offset(std::size_t partition) {
        core::Offset& next = next_offsets_[partition];
        if (swarm_.offset_holes && choices_.chance(15)) {
            next = next + static_cast<std::int64_t>(choices_.between(1, 40));
        }
        const core::Offset offset = next;
        next = next + 1;
        return offset;
    }

    void make_event(PlannedRecord& record, common::Duration at) {
        Lineage& lineage = lineages_[record.account];
        constexpr std::size_t named_max = 4;
        if (!lineage.current || lineage.poisoned_events >= 2 ||
            (swarm_.operators && lineage.older.size() >= named_max)) {
            sign_in_again(record.account, at);
        }
        const auto type = token_event_types[choices_.below(token_event_types.size())];
        const bool update = (type == core::EventType::password_changed && choices_.chance(80)) ||
                            (type == core::EventType::sign_in_flagged && choices_.chance(40));
        std::vector<std::string> values = named_values(lineage);
        if (choices_.chance(3)) {
            write_event(record, type);  // an account without a token: there is nothing to do
            return;
        }
        if (lineage.poisoned) {
            record.kind = RecordKind::poisoned;
            ++lineage.poisoned_events;
            const std::string replacement = update ? fresh_replacement(record.account) : std::string{};
            commands_for(record, values, replacement);
            if (swarm_.operators) {
                expect_replay(lineage, values, replacement);
            }
        } else {
            const std::optional<std::string> replacement =
                update ? std::optional{fresh_value(record.account, true)} : std::nullopt;
            commands_for(record, values, replacement.value_or(std::string{}));
            lineage.older = std::move(values);
            lineage.current = replacement;
        }
        write_event(record, type);
    }

    // The replacement of an event that Apple will not take: it never becomes the account's value.
    std::string fresh_replacement(std::size_t account) {
        return fmt::format("{}{}.{}", value_mark, account, lineages_[account].serial++);
    }

    // Somebody will make Apple take the event in the end, or give it up. Until then either value may be
    // stored.
    void expect_replay(Lineage& lineage, std::vector<std::string> values, const std::string& replacement) {
        lineage.older = std::move(values);
        lineage.current = replacement.empty() ? std::nullopt : std::optional{replacement};
    }

    std::vector<std::string> named_values(const Lineage& lineage) {
        if (swarm_.operators) {
            // Any of them may still be stored, as long as a dead letter is open.
            std::vector<std::string> values = lineage.older;
            values.push_back(*lineage.current);
            return values;
        }
        std::vector<std::string> values;
        for (const std::string& old : lineage.older) {
            if (values.size() < 3 && choices_.chance(30)) {
                values.push_back(old);
            }
        }
        values.push_back(*lineage.current);
        return values;
    }

    static void commands_for(
        PlannedRecord& record, const std::vector<std::string>& values, const std::string& replacement) {
        const auto action = replacement.empty() ? core::Action::erase : core::Action::update;
        for (const std::string& value : values) {
            record.commands.push_back({action, value, replacement});
        }
    }

    void sign_in_again(std::size_t account, common::Duration at) {
        Lineage& lineage = lineages_[account];
        // A poisoned value may still be on another device's mind, but no longer on the Apple Account.
        lineage.older.clear();
        lineage.current = fresh_value(account, true);
        plan_.sign_ins.push_back({account, *lineage.current, at});
    }

    void write_event(PlannedRecord& record, core::EventType type) {
        json tokens = json::array();
        for (const PlannedCommand& command : record.commands) {
            json token{{"value", command.value}};
            if (!command.replacement.empty()) {
                token["replacement"] = command.replacement;
            }
            tokens.push_back(std::move(token));
        }
        const PlannedAccount& account = plan_.accounts[record.account];
        json data{{"app", app_name(account.app)}, {"sign_in_tokens", std::move(tokens)}};
        if (choices_.chance(5)) {
            data["note"] = std::string(choices_.between(1, 2000), 'n');  // an optional field of tomorrow
        }
        const std::string id = fmt::format("event-{}-{}", record.partition, record.offset.value);
        const auto second = std::chrono::floor<std::chrono::seconds>(record.timestamp);
        const std::string time = fmt::format(
            "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
            (record.timestamp - second).count());
        const std::string type_text{core::type_name(type)};
        if (choices_.chance(25)) {  // binary mode
            record.headers = {
                {"content-type", "application/json"}, {"ce_specversion", "1.0"}, {"ce_id", id},
                {"ce_source", "/accounts"},           {"ce_type", type_text},    {"ce_time", time},
                {"ce_subject", account.name}};
            record.value = data.dump();
        } else {
            record.headers = {{"content-type", "application/cloudevents+json"}};
            record.value = json{{"specversion", "1.0"},   {"id", id},     {"source", "/accounts"},
                                {"type", type_text},      {"time", time}, {"subject", account.name},
                                {"data", std::move(data)}}
                               .dump();
        }
    }

    void finish() {
        for (auto& log : logs_) {
            auto& indices = plan_.logs.emplace_back();
            for (PlannedRecord& record : log) {
                const std::size_t index = plan_.records.size();
                for (std::size_t command = 0; command < record.commands.size(); ++command) {
                    plan_.places[record.commands[command]].push_back({index, command});
                }
                indices.push_back(index);
                plan_.records.push_back(std::move(record));
            }
        }
        for (std::size_t account = 0; account < lineages_.size(); ++account) {
            plan_.accounts[account].last_value = lineages_[account].current;
        }
    }

    static Shop shop_of(core::AppId app) {
        return {app.value == 0 ? Environment::production : Environment::sandbox, bundle_id(app)};
    }

    Choices& choices_;
    const Swarm& swarm_;
    common::WallTime start_;
    Plan plan_;
    std::vector<core::Offset> next_offsets_;
    std::vector<std::vector<PlannedRecord>> logs_;
    std::vector<Lineage> lineages_;
    std::vector<common::Duration> times_;
};

}  // namespace

std::size_t bytes_of(const PlannedRecord& record) {
    std::size_t bytes = record.key.value_or("").size() + record.value.value_or("").size();
    for (const core::Header& header : record.headers) {
        bytes += header.name.size() + header.value.value_or("").size();
    }
    return bytes;
}

Plan draw_plan(Choices& choices, const Swarm& swarm, common::WallTime start) {
    return Planner{choices, swarm, start}.make();
}

std::size_t Plan::append(PlannedRecord record, common::Duration now) {
    std::vector<std::size_t>& log = logs[record.partition];
    const auto later = std::find_if(
        log.begin(), log.end(), [&](std::size_t index) { return records[index].produced > now; });
    record.offset = later == log.begin() ? core::Offset{} : records[*std::prev(later)].offset + 1;
    record.produced = now;
    std::for_each(
        later, log.end(), [&](std::size_t index) { records[index].offset = records[index].offset + 1; });
    const std::size_t index = records.size();
    for (std::size_t command = record.first_command; command < record.commands.size(); ++command) {
        places[record.commands[command]].push_back({index, command});
    }
    log.insert(later, index);
    records.push_back(std::move(record));
    return index;
}

std::optional<std::size_t> Plan::record_at(std::size_t partition, core::Offset offset) const {
    const auto& log = logs[partition];
    const auto at = std::lower_bound(
        log.begin(), log.end(), offset,
        [&](std::size_t record, core::Offset wanted) { return records[record].offset < wanted; });
    if (at == log.end() || records[*at].offset != offset) {
        return std::nullopt;
    }
    return *at;
}

std::optional<std::size_t> Plan::partition_of(const core::TopicPartition& partition) const {
    const auto at = std::find(partitions.begin(), partitions.end(), partition);
    if (at == partitions.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(at - partitions.begin());
}

std::string Plan::position(std::size_t record) const {
    return fmt::format("{}@{}", records[record].partition, records[record].offset.value);
}

}  // namespace sim
