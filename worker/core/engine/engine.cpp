#include "worker/core/engine/engine.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "worker/core/engine/impl.hpp"

namespace core {

namespace {

constexpr double exhausted_at_once_max = 10;

std::size_t channels_in(const Settings& settings) {
    std::size_t count = 0;
    for (const CredentialSettings& one : settings.credentials) {
        count += actions_of(one.kind).size();
    }
    return count;
}

}  // namespace

Engine::Engine(Settings settings) : impl_{std::make_unique<Impl>(std::move(settings))} {}
Engine::~Engine() = default;

void Engine::step(std::span<Input> inputs, common::Now now, Effects& effects) {
    impl_->step(inputs, now, effects);
}
common::Instant Engine::next_deadline() const {
    return impl_->next_deadline();
}
const Stats& Engine::stats() const noexcept {
    return impl_->stats();
}
Status Engine::status(common::Now now) const {
    return impl_->status(now);
}
RecordStatus Engine::record_status(const Position& asked, common::Now now) const {
    return impl_->record_status(asked, now);
}

Engine::Impl::Impl(Settings settings)
    : settings_{std::move(settings)}, random_{settings_.seed}, lanes_{channels_in(settings_)} {
    audiences_ = settings_.audiences;
    for (const CredentialSettings& one : settings_.credentials) {
        INVARIANT(
            one.endpoint.value < settings_.endpoints.size(),
            "a credential names an endpoint that is not configured");
        const CredentialId id{static_cast<std::uint32_t>(credentials_.size())};
        credentials_.push_back(
            {.gate = Gate{{settings_.refused, settings_.throttled}},
             .bucket = common::TokenBucket{one.requests_per_second, one.burst},
             .channels_from = static_cast<std::uint32_t>(channels_.size()),
             .first_action = actions_of(one.kind).front(),
             .refused_action = actions_of(one.kind).back()});
        if (one.kind == CredentialKind::client) {
            audiences_.push_back(one.client_id);
        }
        for (const Action action : actions_of(one.kind)) {
            channels_.push_back(
                {.credential = id,
                 .action = action,
                 .api = api_of(one.kind),
                 .breaker = Breaker{settings_.breaker},
                 .acceptance = Gate{{settings_.refused, settings_.throttled}},
                 .exhausted_ration = {common::TokenBucket{
                     settings_.exhausted_per_minute_max / 60, exhausted_at_once_max}},
                 .rejected_ration = {common::TokenBucket{
                     settings_.rejected_per_minute_max / 60,
                     static_cast<double>(settings_.rejected_at_once_max)}}});
        }
    }
    for (std::size_t i = 0; i < settings_.endpoints.size(); ++i) {
        endpoints_.push_back({0, settings_.in_flight_max});
    }
}

void Engine::Impl::step(std::span<Input> inputs, common::Now now, Effects& effects) {
    now_ = now;
    effects_ = &effects;
    begin_watch();
    for (Input& input : inputs) {
        std::visit([this](auto& happened) { on(happened); }, input);
    }
    lanes_.wake(now_.steady);
    show_key_set();
    dispatch();
    emit_stores();
    commit_if_due(false);
    let_go();
    pause_or_resume();
    watch_for_standstill();
    next_deadline_ = earliest_deadline();
    effects_ = nullptr;
}

common::Instant Engine::Impl::earliest_deadline() {
    common::Instant earliest = lanes_.next_due();
    // Only the future counts: what is possible now was done in this step, or waits for an input.
    const auto consider = [&](common::Instant at) {
        if (at > now_.steady) {
            earliest = std::min(earliest, at);
        }
    };
    if (!stores_to_repeat_.empty()) {
        consider(stores_to_repeat_.begin()->first);
    }
    if (commit_under_way_.empty() &&
        std::any_of(
            partitions_.begin(), partitions_.end(), [](const auto& entry) { return entry.second.dirty; })) {
        consider(next_commit_);
    }
    for (const Leaving& group : leaving_) {
        consider(group.deadline);
        consider(next_commit_);
    }
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        Channel& channel = channels_[i];
        consider(channel.breaker.next_try());
        consider(channel.acceptance.next_try());
        consider(credential(channel.credential).gate.next_try());
        consider(credential(channel.credential)
                     .bucket.ready_at(now_.steady));  // commands and canaries wait for it
    }
    consider(next_watch());
    return earliest;
}

void Engine::Impl::say(
    Severity severity, std::string_view event, std::string message,
    std::vector<std::pair<std::string_view, std::string>> fields) {
    effects_->emplace_back(Say{severity, event, std::move(message), std::move(fields)});
}

Engine::Impl::Fields Engine::Impl::named(CredentialId id, Fields more) const {
    const CredentialSettings& one = settings_.credentials[id.value];
    Fields fields{{"api", std::string{api_name(api_of(one.kind))}}, {"credential", one.name}};
    fields.insert(fields.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return fields;
}

Engine::Impl::Fields Engine::Impl::about(const Obligation& obligation, Fields more) const {
    const TopicPartition& from = partitions_.at(obligation.record.epoch).name;
    Fields fields{
        {"topic", from.topic},
        {"partition", fmt::to_string(from.partition)},
        {"offset", fmt::to_string(obligation.record.offset.value)}};
    if (!obligation.envelope.traceparent.empty()) {
        fields.emplace_back("traceparent", obligation.envelope.traceparent);
    }
    fields.insert(fields.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return fields;
}

std::string Engine::Impl::place_of(const TopicPartition& partition) {
    return fmt::format("{}/{}", partition.topic, partition.partition);
}

Engine::Impl::Partition* Engine::Impl::partition(Epoch epoch) {
    const auto found = partitions_.find(epoch);
    return found == partitions_.end() ? nullptr : &found->second;
}

}  // namespace core
