// What is sent to Apple: in order, one at a time, never too early, never too much, never again.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/overloaded.hpp"
#include "worker/sim/referee/referee.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;

// What Retry-After says is cut to milliseconds on the way.
constexpr common::Duration announced_precision = 1ms;
constexpr common::Duration announced_longest = 1h;

PlannedCommand command_of(const core::HttpRequest& request) {
    const auto body = nlohmann::json::parse(request.body.expose(), nullptr, false);
    const auto text = [&](const char* name) {
        const auto found = body.find(name);
        return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    if (!body.is_object()) {
        return {};
    }
    if (body.contains("autoSignInTokenValue")) {
        return {core::Action::erase, text("autoSignInTokenValue"), {}};
    }
    return {core::Action::update, text("existingAutoSignInTokenValue"), text("newAutoSignInTokenValue")};
}

std::string describe(const core::Exchange& exchange) {
    return std::visit(
        common::Overloaded{
            [](const core::Answer& answer) {
                return fmt::format(
                    "{}{}", answer.status,
                    answer.retry_after ? fmt::format(" retry-after {}", *answer.retry_after) : "");
            },
            [](const core::NotSent& not_sent) {
                return fmt::format("not sent: {}", core::reason_name(not_sent.reason));
            },
            [](const core::Lost& lost) { return fmt::format("lost: {}", core::reason_name(lost.reason)); },
        },
        exchange);
}

}  // namespace

void Referee::sent(WorkerId worker, const ports::OutgoingRequest& request) {
    Worker& known = workers_.at(worker);
    const PlannedCommand command = command_of(request.request);
    Flight flight{
        .endpoint = request.request.endpoint,
        .app = core::AppId{request.request.credential.value},
        .command = command,
        .sent = ++known.happenings};
    const auto places = plan_.places.find(command);
    if (places == plan_.places.end()) {
        ++known.tally.canaries;
        trace_.line(worker, '>', fmt::format("#{} canary for app {}", request.id.value, flight.app.value));
        // A canary is either kind of call, and never names a value that could be somebody's.
        if (command.value.empty() || command.value.find(value_mark) != std::string::npos ||
            command.replacement.find(value_mark) != std::string::npos) {
            broke(worker, Promise::no_loss, "a command was sent that no event asks for");
        }
    } else {
        const PlannedRecord& first = plan_.records[places->second.front().record];
        flight.account = first.account;
        const auto [epoch, owner] = owner_of(known, first.partition);
        flight.epoch = epoch;
        if (owner == nullptr) {
            broke(
                worker, Promise::commit_own_epoch,
                fmt::format(
                    "a command for partition {} is sent by a worker that does not own it", first.partition));
        } else if (const auto place = place_of(worker, *owner, command)) {
            flight.place = *place;
            trace_.line(
                worker, '>',
                fmt::format(
                    "#{} {} {}.{} of acct-{}", request.id.value, core::action_name(command.action),
                    plan_.position(place->record), place->command, first.account));
            owner->last_sent[first.account] = {plan_.records[place->record].offset, place->command};
        }
        // Canaries are few, and do not wait for the bucket.
        if (!known.buckets.at(flight.app).take(timeline_.now().steady)) {
            broke(
                worker, Promise::rate_kept,
                fmt::format("a command of app {} goes out beyond its rate", flight.app.value));
        }
        if (++known.in_flight_by_account[first.account] > 1) {
            broke(
                worker, Promise::order_per_account,
                fmt::format("two commands of acct-{} are in flight", first.account));
        }
    }
    check_limits(worker, known, flight);
    check_gate(worker, known, flight);
    known.flights.emplace(request.id, flight);
}

std::optional<RecordPlace> Referee::place_of(
    WorkerId worker, const Ownership& owner, const PlannedCommand& command) {
    const auto& places = plan_.places.at(command);
    const RecordPlace* claimed = nullptr;
    const RecordPlace* first = nullptr;  // in log order: replays stand behind what was planned
    const auto last = owner.last_sent.find(plan_.records[places.front().record].account);
    for (const RecordPlace& place : places) {
        const auto position = std::pair{plan_.records[place.record].offset, place.command};
        if (!owner.received.contains(place.record) ||
            (swarm_.operators && owner.finished_at.contains(place.record)) ||
            (last != owner.last_sent.end() && position < last->second)) {
            continue;
        }
        if (owner.claimed.contains(place.record)) {
            claimed = &place;
        } else if (
            first == nullptr || plan_.records[place.record].offset < plan_.records[first->record].offset) {
            first = &place;
        }
    }
    if (first != nullptr) {
        return *first;
    }
    if (claimed != nullptr) {
        broke(
            worker, Promise::few_repeats,
            fmt::format("{} was committed as finished and is sent again", plan_.position(claimed->record)));
        return *claimed;
    }
    broke(
        worker, Promise::order_per_account,
        fmt::format(
            "{}.{} of acct-{} is sent after a later command, or before it was received",
            plan_.position(places.front().record), places.front().command,
            plan_.records[places.front().record].account));
    return std::nullopt;
}

// Answers draw the gate as the worker has to see it: a refusal closes it, unless it tells of a request that
// was sent before the gate last opened, and only the answer to a request sent while it was closed opens it.
void Referee::tell_gate(Worker& known, const Flight& flight, const core::Exchange& exchange) {
    const auto* answer = std::get_if<core::Answer>(&exchange);
    if (answer == nullptr) {
        return;
    }
    Gate& gate = known.gates[flight.app];
    const bool of_now = flight.sent > gate.since;
    const int status = answer->status;
    const bool holds = status < 200 || (status >= 300 && status < 400) || status == 401 || status == 403 ||
                       status == 405 || status == 410 || status == 429;
    const bool tells_nothing =
        status >= 500 || status == 408 || status == 425 || (status / 100 == 2 && status != 204);
    if (!of_now && holds) {
        reached(Probe::refusal_of_an_earlier_term);
    } else if (!of_now && gate.closed && !tells_nothing) {
        reached(Probe::success_of_an_earlier_term);
    }
    if (holds && of_now) {
        gate = {true, known.happenings};
    } else if (holds && status == 429 && !gate.closed) {
        gate.since = known.happenings;  // closes it when it names a time: then what is older tells nothing
    } else if (!holds && !tells_nothing && gate.closed && of_now) {
        gate = {false, known.happenings};
    }
}

void Referee::check_gate(WorkerId worker, Worker& known, const Flight& flight) {
    const Gate& gate = known.gates[flight.app];
    const auto asking = std::count_if(known.flights.begin(), known.flights.end(), [&](const auto& entry) {
        return entry.second.app == flight.app && entry.second.sent > gate.since;
    });
    if (gate.closed && asking > 0) {
        broke(
            worker, Promise::gate_holds,
            fmt::format("app {} is refused, and asks again with more than one request", flight.app.value));
    }
}

void Referee::check_limits(WorkerId worker, Worker& known, const Flight& flight) {
    if (known.flights.size() >= swarm_.settings.in_flight_max) {
        broke(worker, Promise::bounded, fmt::format("{} requests in flight", known.flights.size() + 1));
    }
    if (const auto allowed = known.capacity.find(flight.endpoint); allowed != known.capacity.end()) {
        std::size_t streams = 1;
        for (const auto& [id, other] : known.flights) {
            streams += other.endpoint == flight.endpoint ? 1 : 0;
        }
        // Where nothing is allowed one may try, to find out whether there is a connection at all.
        if (streams > std::max<std::size_t>(1, allowed->second)) {
            broke(
                worker, Promise::bounded,
                fmt::format("{} streams, the server allows {}", streams, allowed->second));
        }
    }
    const auto not_before = known.not_before.find(flight.app);
    if (not_before != known.not_before.end() && timeline_.now().steady < not_before->second) {
        broke(
            worker, Promise::retry_after_kept,
            fmt::format(
                "app {} is called {:.3f} s too early", flight.app.value,
                common::seconds(not_before->second - timeline_.now().steady)));
    }
}

void Referee::decided(const LedgerEntry& entry) {
    trace_.line(
        no_worker, '@',
        fmt::format(
            "{} {} -> {}, {} account(s), wire {}", entry.action ? core::action_name(*entry.action) : "?",
            entry.value, entry.status, entry.accounts, static_cast<int>(entry.wire)));
    if (entry.action && (entry.status == 204 || entry.status == 404)) {
        decided_[{*entry.action, entry.value, entry.replacement}] = ++decisions_;
    }
    const PlannedCommand command{entry.action.value_or(core::Action::erase), entry.value, entry.replacement};
    if (entry.status == 400 && !poison(command)) {
        misjudged_.insert(command);
    }
}

void Referee::hear(Worker& known, Ownership& owner, const Flight& flight, const core::Exchange& exchange) {
    Heard& heard = owner.heard[flight.command];
    const auto* answer = std::get_if<core::Answer>(&exchange);
    const auto action = static_cast<std::size_t>(flight.command.action);
    if (answer == nullptr) {
        heard.lost = heard.lost || std::holds_alternative<core::Lost>(exchange);
    } else if (answer->status == 204) {
        heard.executed = true;
        ++known.tally.executed[action];
    } else if (answer->status == 404) {
        heard.found_nothing_after_loss = heard.found_nothing_after_loss || heard.lost;
        // An attempt of an earlier round says nothing to this one.
        const bool shared = swarm_.operators && plan_.places.at(flight.command).size() > 1;
        heard.found_nothing = heard.found_nothing || !heard.lost || shared;
        ++known.tally.found_nothing[action];
        if (flight.command.action == core::Action::update) {
            if (heard.lost) {
                reached(Probe::update_found_nothing_after_loss);
            }
            if (plan_.records[flight.place.record].replays > 0) {
                reached(Probe::replayed_update_found_nothing);
            }
        }
    } else {
        heard.lost = heard.lost || answer->status >= 500 || answer->status / 100 == 2 ||
                     answer->status == 408 || answer->status == 425;
        return;
    }
    if (answer != nullptr) {
        owner.ended[flight.place.record].insert(flight.place.command);
    }
}

void Referee::ended(WorkerId worker, const core::ExchangeEnded& input, const LedgerEntry* entry) {
    Worker& known = workers_.at(worker);
    trace_.line(worker, '<', fmt::format("#{} {}", input.id.value, describe(input.exchange)));
    const auto found = known.flights.find(input.id);
    if (found == known.flights.end()) {
        return;
    }
    const Flight flight = found->second;
    known.flights.erase(found);
    ++known.happenings;
    ++known.tally.answered;
    if (std::holds_alternative<core::Answer>(input.exchange)) {
        known.moved = timeline_.now().steady;
    }
    tell_gate(known, flight, input.exchange);
    tell_rejections(known, flight, input.exchange);
    if (flight.account) {
        --known.in_flight_by_account[*flight.account];
        if (const auto owner = known.owned.find(flight.epoch); owner != known.owned.end()) {
            hear(known, owner->second, flight, input.exchange);
        } else {
            reached(Probe::answer_for_a_released_record);
            const auto* said = std::get_if<core::Answer>(&input.exchange);
            if (said != nullptr && said->status == 429) {
                reached(Probe::pause_asked_for_a_released_record);
            }
        }
    }
    const auto* answer = std::get_if<core::Answer>(&input.exchange);
    if (answer == nullptr) {
        return;
    }
    // A wall clock that jumps makes "at 12:00:05" mean something else, rightly.
    const bool announced = answer->status == 429 && entry != nullptr && !swarm_.wall_jumps &&
                           entry->not_before != common::Instant::min();
    if (announced) {
        const common::Instant until =
            std::min(entry->not_before - announced_precision, timeline_.now().steady + announced_longest);
        common::Instant& not_before = known.not_before[flight.app];
        not_before = std::max(not_before, until);
    }
}

}  // namespace sim
