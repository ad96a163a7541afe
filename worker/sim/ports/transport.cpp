#include "worker/sim/ports/transport.hpp"

#include <string>
#include <utility>
#include <variant>

#include "common/overloaded.hpp"

namespace sim {

namespace {
using namespace std::chrono_literals;
}

// Happenings at Apple do not depend on the sender being alive; what comes back to it does. So every step at
// Apple is announced by value, and finds its way back through a weak pointer.
void SimTransport::send(ports::OutgoingRequest request) {
    fuse_.burn();
    witness_.sent(worker_, request);
    const core::ExchangeId id = request.id;
    flights_.emplace(id, Flight{.endpoint = request.request.endpoint});
    timeline_.at(request.deadline, [weak = weak_from_this(), id] {
        if (const auto self = weak.lock()) {
            self->end(id, core::Lost{core::LostReason::deadline});
        }
    });
    if (weather_.no_connection) {
        const bool waits = choices_.chance(20);  // for a connection, until its deadline
        const auto reason =
            waits ? core::NotSentReason::deadline_before_sending : core::NotSentReason::no_connection;
        const common::Duration refused_after = choices_.between(1ms, 200ms);
        const common::Instant when = waits ? request.deadline - 1ns : timeline_.now().steady + refused_after;
        timeline_.at(when, [weak = weak_from_this(), id, reason] {
            if (const auto self = weak.lock()) {
                self->end(id, core::NotSent{reason});
            }
        });
        return;
    }
    Request arriving{
        .environment = request.request.endpoint.value == 0 ? Environment::production : Environment::sandbox,
        .path = std::string{request.request.path},
        .authorization = std::string{request.authorization.expose()},
        .content_type = std::string{request.request.content_type},
        .body = std::string{request.request.body.expose()}};
    // The bytes are on their way: the shared pointer keeps the way alive, though the sender may die.
    timeline_.after(
        choices_.skewed(100us, weather_.latency_max),
        [self = shared_from_this(), id, arriving = std::move(arriving)] { self->arrive(id, arriving); });
}

void SimTransport::arrive(core::ExchangeId id, const Request& request) {
    const Answer answer = apple_.handle(request, timeline_.now());
    const std::size_t entry = apple_.ledger().size() - 1;
    if (const auto flight = flights_.find(id); flight != flights_.end()) {
        flight->second.arrived = true;
        flight->second.entry = entry;
    }
    carry(id, answer, entry);
}

void SimTransport::carry(core::ExchangeId id, const Answer& answer, std::size_t entry) {
    if (!answer.landing) {
        witness_.decided(apple_.ledger()[entry]);
    }
    timeline_.after(answer.delay, [self = shared_from_this(), id, answer, entry] {
        if (answer.landing) {
            if (!self->flights_.contains(id)) {
                self->witness_.reached(Probe::executed_after_its_deadline);
            }
            self->carry(id, self->apple_.land(*answer.landing, self->timeline_.now()), entry);
        } else {
            self->answer_left(id, answer);
        }
    });
}

void SimTransport::answer_left(core::ExchangeId id, const Answer& answer) {
    if (answer.wire == Wire::stall) {
        return;  // ends at its deadline
    }
    timeline_.after(choices_.skewed(100us, weather_.latency_max), [weak = weak_from_this(), id, answer] {
        const auto self = weak.lock();
        if (!self) {
            return;
        }
        const auto flight = self->flights_.find(id);
        if (flight == self->flights_.end()) {
            return;  // its deadline passed
        }
        const core::EndpointId endpoint = flight->second.endpoint;
        self->end(id, exchange_of(answer));
        if (answer.wire == Wire::close) {
            self->close_connection(endpoint);
        }
    });
}

void SimTransport::close_connection(core::EndpointId endpoint) {
    std::vector<core::ExchangeId> taken_along;
    for (const auto& [id, flight] : flights_) {
        if (flight.endpoint == endpoint) {
            taken_along.push_back(id);
        }
    }
    for (const core::ExchangeId id : taken_along) {
        end(id, core::Lost{core::LostReason::reset});
    }
}

void SimTransport::end(core::ExchangeId id, core::Exchange exchange) {
    const auto flight = flights_.find(id);
    if (flight == flights_.end()) {
        return;  // it has ended before: exactly one end
    }
    if (flight->second.arrived) {
        entries_[id] = flight->second.entry;
    }
    flights_.erase(flight);
    inbox_.emplace_back(core::ExchangeEnded{id, std::move(exchange)});
}

void SimTransport::change_capacity(core::EndpointId endpoint, std::size_t streams) {
    inbox_.emplace_back(core::CapacityChanged{endpoint, streams});
}

void SimTransport::collect(common::Now, std::vector<core::Input>& inputs) {
    for (core::Input& input : std::exchange(inbox_, {})) {
        std::visit(
            common::Overloaded{
                [&](const core::ExchangeEnded& ended) {
                    const auto entry = entries_.find(ended.id);
                    witness_.ended(
                        worker_, ended, entry == entries_.end() ? nullptr : &apple_.ledger()[entry->second]);
                    if (entry != entries_.end()) {
                        entries_.erase(entry);
                    }
                },
                [&](const core::CapacityChanged& changed) { witness_.capacity(worker_, changed); },
                [](const auto&) {},
            },
            input);
        inputs.push_back(std::move(input));
    }
}

}  // namespace sim
