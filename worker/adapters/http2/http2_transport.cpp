#include "worker/adapters/http2/http2_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/http2/pool.hpp"
#include "worker/adapters/http2/resolver.hpp"

namespace adapters::http2 {

class Http2Transport::Impl {
public:
    struct Place {
        core::EndpointId id;
        TlsContext tls;
        std::unique_ptr<Pool> pool{};
        std::optional<std::size_t> capacity_told{};
    };

    explicit Impl(ports::Readiness& readiness) : resolver{readiness} {}

    [[nodiscard]] Pool& pool(core::EndpointId endpoint) {
        const auto at = std::find_if(
            places.begin(), places.end(), [&](const auto& place) { return place->id == endpoint; });
        INVARIANT(at != places.end(), "a request for an endpoint that was never configured");
        return *(*at)->pool;
    }

    // Pools fill `ended` until they are gone, and ask the resolver.
    std::vector<core::ExchangeEnded> ended;
    Resolver resolver;
    std::vector<std::unique_ptr<Place>> places;
};

common::Result<std::unique_ptr<Http2Transport>> Http2Transport::create(
    const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify,
    std::uint64_t seed) {
    auto impl = std::make_unique<Impl>(readiness);
    for (const Endpoint& endpoint : endpoints) {
        auto url = parse_url(endpoint.base_url);
        if (!url) {
            return common::Error{fmt::format("{}: {}", endpoint.base_url, url.error().message)};
        }
        auto tls = TlsContext::create({endpoint.ca_file, endpoint.system_cas});
        if (!tls) {
            return tls.error();
        }
        impl->places.push_back(std::make_unique<Impl::Place>(Impl::Place{endpoint.id, std::move(*tls)}));
        Impl::Place& place = *impl->places.back();
        const SessionSettings session{
            url->authority(), url->path_prefix, endpoint.streams_max, endpoint.requests_max};
        place.pool = std::make_unique<Pool>(
            PoolSettings{{*url, session, endpoint.timeouts, &place.tls}, endpoint.connections_max}, readiness,
            [&resolver = impl->resolver, url = *url](std::function<void(Resolver::Addresses)> done) {
                resolver.resolve(url, std::move(done));
            },
            notify, seed + endpoint.id.value, impl->ended);
    }
    return std::unique_ptr<Http2Transport>{new Http2Transport{std::move(impl)}};
}

Http2Transport::Http2Transport(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Http2Transport::~Http2Transport() = default;

void Http2Transport::send(ports::OutgoingRequest request) {
    Pool& pool = impl_->pool(request.request.endpoint);
    pool.send(std::move(request));
}

void Http2Transport::flush() {
    for (const auto& place : impl_->places) {
        place->pool->flush();
    }
}

void Http2Transport::collect(common::Now now, std::vector<core::Input>& inputs) {
    for (const auto& place : impl_->places) {
        place->pool->tick(now.steady);
        const auto capacity = place->pool->capacity();
        if (capacity != place->capacity_told) {
            place->capacity_told = capacity;
            inputs.emplace_back(core::CapacityChanged{place->id, capacity.value_or(0)});
        }
    }
    for (core::ExchangeEnded& ended : impl_->ended) {
        inputs.emplace_back(std::move(ended));
    }
    impl_->ended.clear();
}

common::Instant Http2Transport::next_deadline() const {
    common::Instant next = impl_->ended.empty() ? common::never : common::Instant::min();
    for (const auto& place : impl_->places) {
        next = std::min(next, place->pool->next_deadline());
    }
    return next;
}

ports::TransportStats Http2Transport::stats(core::EndpointId endpoint) const {
    return impl_->pool(endpoint).stats();
}

}  // namespace adapters::http2
