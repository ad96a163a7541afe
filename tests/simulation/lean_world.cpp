#include "tests/simulation/lean_world.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <queue>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>

#include "common/prng.hpp"
#include "worker/app/worker_loop.hpp"

namespace simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t partitions = 12;
constexpr std::size_t streams = 400;  // over four connections
constexpr common::Duration turn_costs = 20us;
constexpr common::Duration request_costs = 6us;  // of the worker's own time, decoding and receipt included
constexpr common::Duration fetch_takes = 5ms;
constexpr common::Duration kafka_takes = 5ms;  // to acknowledge
constexpr common::Duration gives_up_after = 48h;
constexpr std::string_view value_mark = "tkn~";
constexpr common::Instant start{1h};
constexpr common::WallTime wall_start{std::chrono::milliseconds{1'790'000'000'000}};

common::WallTime wall_at(common::Instant when) {
    return wall_start + std::chrono::floor<std::chrono::milliseconds>(when - start);
}

struct Arrival {  // at Apple
    core::ExchangeId id;
    std::uint32_t event = 0;
    std::uint8_t command = 0;
};
struct Happening {
    common::Instant at{};
    std::uint64_t serial = 0;
    std::variant<Arrival, core::ExchangeEnded, core::StoreEnded, core::CommitEnded> what;

    friend bool operator<(const Happening& left, const Happening& right) {  // the latest first
        return std::pair{left.at, left.serial} > std::pair{right.at, right.serial};
    }
};

class LeanWorld final : public ports::RecordSource,
                        public ports::RecordSink,
                        public ports::HttpTransport,
                        public ports::Credentials,
                        public ports::Clock,
                        public ports::Waiter,
                        public ports::Journal {
public:
    explicit LeanWorld(const RevokeScenario& scenario)
        : scenario_{scenario},
          engine_{settings_of(scenario)},
          loop_{engine_, {*this, *this, *this, *this, *this, *this, *this}} {
        times_.events = make_events(scenario);
        times_.until_revoked.resize(times_.events.size());
        commands_left_.resize(times_.events.size());
        for (std::uint32_t event = 0; event < times_.events.size(); ++event) {
            commands_left_[event] = times_.events[event].commands;
            logs_[times_.events[event].account % partitions].records.push_back(event);
        }
        for (std::size_t partition = 0; partition < partitions; ++partition) {
            inbox_.emplace_back(core::Assigned{
                core::Epoch{partition + 1},
                {"account-events", static_cast<std::int32_t>(partition)},
                core::Offset{0},
                ""});
        }
        inbox_.emplace_back(core::CapacityChanged{core::EndpointId{0}, streams});
    }

    RevokeTimes run() {
        while (!all_committed() && !times_.wrong) {
            now_ = std::max(not_before_, due());
            if (now_ > start + gives_up_after) {
                wrong("it does not end");
            }
            while (!happenings_.empty() && happenings_.top().at <= now_) {
                happen();
            }
            ++times_.turns;
            sent_ = 0;
            static_cast<void>(loop_.turn());
            not_before_ = now_ + turn_costs + sent_ * request_costs;
        }
        if (!times_.wrong &&
            std::any_of(commands_left_.begin(), commands_left_.end(), [](auto left) { return left != 0; })) {
            wrong("an event is committed and not executed");
        }
        times_.virtual_time = now_ - start;
        return std::move(times_);
    }

    // The source.
    [[nodiscard]] bool collect(std::size_t records_max, std::vector<core::Input>& inputs) override {
        std::move(inbox_.begin(), inbox_.end(), std::back_inserter(inputs));
        inbox_.clear();
        for (std::size_t turn = 0; turn < partitions && records_max > 0; ++turn) {
            const std::size_t partition = next_partition_++ % partitions;
            for (Log& log = logs_[partition]; records_max > 0 && !log.paused && available(log) <= now_;
                 --records_max) {
                inputs.emplace_back(record_of(partition, log.next++));
            }
        }
        return source_ready() <= now_;
    }
    void pause(core::Epoch epoch) override { logs_[epoch.value - 1].paused = true; }
    void resume(core::Epoch epoch) override { logs_[epoch.value - 1].paused = false; }
    void commit(const std::vector<core::PartitionCommit>& entries) override {
        for (const core::PartitionCommit& entry : entries) {
            logs_[entry.epoch.value - 1].committed = static_cast<std::size_t>(entry.offset.value);
        }
        announce(kafka_takes, core::CommitEnded{});
    }
    void release(const std::vector<core::Epoch>&) override {}

    // The sink.
    void store(core::Store store) override {
        if (store.kind == core::StoreKind::dead_letter) {
            wrong("an event is dead-lettered");
        }
        announce(kafka_takes, core::StoreEnded{store.id, core::StoreResult::acknowledged, ""});
    }
    void collect(std::vector<core::Input>&) override {}

    // Apple and the way there.
    void send(ports::OutgoingRequest request) override {
        ++sent_;
        ++times_.requests;
        const std::string_view body = request.request.body.expose();
        Arrival arrival{.id = request.id};
        const std::size_t mark = body.find(value_mark);
        if (mark == std::string_view::npos) {
            arrival.event = canary;
        } else {
            const char* const end = body.data() + body.size();
            const auto [dot, error] =
                std::from_chars(body.data() + mark + value_mark.size(), end, arrival.event);
            static_cast<void>(std::from_chars(dot + 1, end, arrival.command));
        }
        announce(one_way(), arrival);
    }
    void flush() override {}
    void collect(common::Now, std::vector<core::Input>&) override {}
    [[nodiscard]] common::Instant next_deadline() const override { return common::never; }

    // The rest.
    [[nodiscard]] common::Result<const common::Secret*> authorization(
        core::CredentialId, common::Now) override {
        return &authorization_;
    }
    void renew(core::CredentialId) override {}
    // CredentialChanged never comes: Apple changes its mind, not the key file.
    [[nodiscard]] common::Now now() override { return {now_, wall_at(now_)}; }
    [[nodiscard]] bool wait(common::Instant, std::vector<core::Input>&) override { return true; }
    [[nodiscard]] bool wants(core::Severity) const override { return false; }
    void write(const core::Say&) override {}

private:
    static constexpr std::uint32_t canary = UINT32_MAX;

    struct Log {
        std::vector<std::uint32_t> records;  // by offset: the event
        std::size_t next = 0;
        std::size_t committed = 0;
        bool paused = false;
    };

    static core::Settings settings_of(const RevokeScenario& scenario) {
        core::Settings settings;  // as shipped
        settings.credentials.push_back(
            {.name = "tv",
             .endpoint = core::EndpointId{0},
             .requests_per_second = scenario.our_rate,
             .burst = 10});
        settings.endpoints.push_back({.name = "apple.test"});
        settings.rules.apps.emplace("tv", core::AppId{0});
        settings.consumer_group = "simulated";
        settings.worker_version = "0.0.0-sim";
        settings.receipts_topic = "receipts";
        settings.time_to_execute = {60s, 15min, 60s, 15min};
        settings.fingerprint = [](std::string_view) { return std::string{"0000"}; };
        return settings;
    }

    template <class What>
    void announce(common::Duration wait, What what) {
        happenings_.push({now_ + wait, ++serial_, std::move(what)});
    }

    common::Duration one_way() {
        return random_.below(100) == 0 ? 100ms + random_.up_to(200ms) : 10ms + random_.up_to(20ms);
    }

    [[nodiscard]] common::Instant available(const Log& log) const {
        return log.next == log.records.size() ? common::never
                                              : start + times_.events[log.records[log.next]].at + fetch_takes;
    }
    [[nodiscard]] common::Instant source_ready() const {
        common::Instant ready = common::never;
        for (const Log& log : logs_) {
            ready = log.paused ? ready : std::min(ready, available(log));
        }
        return ready;
    }
    [[nodiscard]] common::Instant due() const {
        if (!inbox_.empty()) {
            return now_;
        }
        const common::Instant happening = happenings_.empty() ? common::never : happenings_.top().at;
        return std::max(now_, std::min({happening, source_ready(), engine_.next_deadline()}));
    }
    [[nodiscard]] bool all_committed() const {
        return std::all_of(
            logs_.begin(), logs_.end(), [](const Log& log) { return log.committed == log.records.size(); });
    }

    [[nodiscard]] core::Received record_of(std::size_t partition, std::size_t offset) const {
        const std::uint32_t index = logs_[partition].records[offset];
        const TimedEvent& event = times_.events[index];
        const bool update = event.type == core::EventType::password_changed;
        fmt::memory_buffer text;
        const auto out = std::back_inserter(text);
        const common::WallTime wall = wall_at(start + event.at);
        const auto second = std::chrono::floor<std::chrono::seconds>(wall);
        fmt::format_to(
            out,
            R"({{"specversion":"1.0","id":"event-{0}","source":"/accounts","type":"{1}",)"
            R"("time":"{2:%Y-%m-%dT%H:%M:%S}.{3:03}Z","subject":"acct-{4}","data":{{"app":"tv","sign_in_tokens":[)",
            index, core::type_name(event.type), fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
            (wall - second).count(), event.account);
        for (unsigned command = 0; command < event.commands; ++command) {
            fmt::format_to(
                out, R"({}{{"value":"{}{}.{}")", command > 0 ? "," : "", value_mark, index, command);
            if (update) {
                fmt::format_to(out, R"(,"replacement":"new-{}")", index);
            }
            text.push_back('}');
        }
        fmt::format_to(out, "]}}}}");
        return {
            {.epoch = core::Epoch{partition + 1},
             .offset = core::Offset{static_cast<std::int64_t>(offset)},
             .key = fmt::format("acct-{}", event.account),
             .value = fmt::to_string(text),
             .headers = {{"content-type", "application/cloudevents+json"}},
             .timestamp = wall}};
    }

    void happen() {
        Happening next = happenings_.top();
        happenings_.pop();
        const common::Instant turn_at = std::exchange(now_, next.at);
        if (const auto* arrival = std::get_if<Arrival>(&next.what)) {
            arrive(*arrival);
        } else {
            std::visit(
                [this](auto& input) {
                    if constexpr (!std::is_same_v<std::decay_t<decltype(input)>, Arrival>) {
                        inbox_.emplace_back(std::move(input));
                    }
                },
                next.what);
        }
        now_ = turn_at;
    }

    void arrive(const Arrival& arrival) {
        core::Answer answer{.status = decide()};
        answer.date = std::chrono::floor<std::chrono::seconds>(wall_at(now_));
        if (answer.status == 429) {
            const auto next_second = std::chrono::ceil<std::chrono::seconds>(wall_at(now_) + 1ms);
            answer.retry_after =
                fmt::to_string(std::chrono::milliseconds{next_second.time_since_epoch()}.count());
        } else if (answer.status == 204 && arrival.event == canary) {
            answer.status = 404;
        } else if (answer.status == 204) {
            execute(arrival);
            if (random_.below(1'000'000) < scenario_.answers_lost_per_million) {
                announce(10s, core::ExchangeEnded{arrival.id, core::Lost{core::LostReason::deadline}});
                return;
            }
        }
        announce(one_way(), core::ExchangeEnded{arrival.id, std::move(answer)});
    }

    int decide() {
        const common::Duration since = now_ - start;
        if (scenario_.refused_from <= since && since < scenario_.refused_until) {
            return 401;
        }
        const auto second = std::chrono::floor<std::chrono::seconds>(since);
        if (second != counted_second_) {
            counted_second_ = second;
            counted_ = 0;
        }
        if (scenario_.apples_rate > 0 && ++counted_ > scenario_.apples_rate) {
            return 429;
        }
        return random_.below(1'000'000) < scenario_.failing_per_million ? 503 : 204;
    }

    // A command that was executed and never answered comes again, and finds nothing: 404, which is as good.
    void execute(const Arrival& arrival) {
        const TimedEvent& event = times_.events[arrival.event];
        std::uint32_t& latest = latest_.try_emplace(event.account, arrival.event).first->second;
        if (arrival.event < latest) {
            wrong(fmt::format("event {} of an account is executed after event {}", arrival.event, latest));
        }
        latest = arrival.event;
        std::uint8_t& left = commands_left_[arrival.event];
        if (left > 0 && arrival.command == event.commands - left && --left == 0) {
            times_.until_revoked[arrival.event] = now_ - start - event.at;
        }
    }

    void wrong(std::string what) {
        if (!times_.wrong) {
            times_.wrong = std::move(what);
        }
    }

    const RevokeScenario& scenario_;
    common::Instant now_ = start;
    common::Instant not_before_ = start;
    common::Prng random_{1};
    core::Engine engine_;
    app::WorkerLoop loop_;
    RevokeTimes times_;
    std::vector<std::uint8_t> commands_left_;
    std::unordered_map<std::uint32_t, std::uint32_t> latest_;  // by account: the last event executed
    std::array<Log, partitions> logs_;
    std::size_t next_partition_ = 0;
    std::vector<core::Input> inbox_;
    std::priority_queue<Happening> happenings_;
    std::uint64_t serial_ = 0;
    common::Secret authorization_{"Bearer simulated"};
    std::chrono::seconds counted_second_{-1};
    std::uint32_t counted_ = 0;
    std::uint32_t sent_ = 0;
};

}  // namespace

RevokeTimes run_lean_world(const RevokeScenario& scenario) {
    return LeanWorld{scenario}.run();
}

}  // namespace simulation
