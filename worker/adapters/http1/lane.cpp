#include "worker/adapters/http1/lane.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/invariant.hpp"

namespace adapters::http1 {
namespace {

// What every request of an endpoint shares.
void configure(CURL* easy, const Endpoint& endpoint) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_PROXY, endpoint.proxy.c_str());  // "": also none of the environment
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // The bearer token is for Apple alone: CONNECT does not carry it.
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    if (!endpoint.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, endpoint.ca_file.c_str());
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
}

// A connection that was not made.
Trouble trouble_of(CURL* easy, int code) {
    long proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status >= 300 || code == CURLE_PROXY) {
        return Trouble::proxy_refused;
    }
    long flaw = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &flaw);
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return Trouble::dns;
        case CURLE_COULDNT_RESOLVE_PROXY:
            return Trouble::proxy_dns;
        case CURLE_PEER_FAILED_VERIFICATION:
            // Without a flaw of the chain it is the name. libcurl compares names before it asks OpenSSL, and
            // says 1 (an unspecified flaw) until then.
            return flaw <= 1 ? Trouble::certificate_name : Trouble::certificate;
        case CURLE_SSL_CACERT_BADFILE:
            return Trouble::certificate;
        case CURLE_SSL_CONNECT_ERROR:
            return Trouble::tls;
        default:
            return Trouble::connect;
    }
}

}  // namespace

Lane::Lane(Endpoint endpoint, Notify notify, CURLM* multi)
    : endpoint_{std::move(endpoint)}, multi_{multi}, notices_{endpoint_.base_url, std::move(notify)} {}

int Lane::on_close_socket(void* self, int fd) noexcept {
    static_cast<Lane*>(self)->connections_.closed(fd);
    return ::close(fd);
}

EasyPtr Lane::new_handle() {
    EasyPtr easy{curl_easy_init()};
    INVARIANT(easy != nullptr, "out of memory");
    configure(easy.get(), endpoint_);
    curl_easy_setopt(easy.get(), CURLOPT_CLOSESOCKETFUNCTION, &Lane::on_close_socket);
    curl_easy_setopt(easy.get(), CURLOPT_CLOSESOCKETDATA, this);
    return easy;
}

void Lane::start_waiting() {
    while (!waiting_.empty() && running_.size() < endpoint_.connections_max) {
        running_.splice(running_.end(), waiting_, waiting_.begin());
        Exchange& exchange = running_.back();
        if (spare_.empty()) {
            exchange.easy = new_handle();
        } else {
            exchange.easy = std::move(spare_.back());
            spare_.pop_back();
        }
        exchange.begin(exchange.easy.get(), endpoint_.base_url);
        curl_multi_add_handle(multi_, exchange.easy.get());
    }
}

void Lane::let_go(Exchanges::iterator exchange) {
    long head = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(exchange->easy.get(), CURLINFO_REQUEST_SIZE, &head);
    curl_easy_getinfo(exchange->easy.get(), CURLINFO_SIZE_UPLOAD_T, &body);
    bytes_sent_ += static_cast<std::uint64_t>(head) + static_cast<std::uint64_t>(body);
    bytes_received_ += exchange->bytes_received;
    curl_multi_remove_handle(multi_, exchange->easy.get());
    spare_.push_back(exchange->end());
    running_.erase(exchange);
}

void Lane::tell(const Exchange& done, int code, common::Instant now) {
    if (done.headers_done) {
        notices_.recovered();
        return;
    }
    if (done.sent) {
        const bool nonsense = std::get<core::Lost>(done.ended(code)).reason == core::LostReason::protocol;
        const Trouble trouble = nonsense ? Trouble::nonsense : Trouble::lost;
        if (nonsense) {
            connections_.lost_was(end_of(trouble));
        }
        notices_.failed(trouble, done.problem.data(), now);
        return;
    }
    const Trouble trouble = trouble_of(done.easy.get(), code);
    connections_.failed(end_of(trouble));
    notices_.failed(trouble, done.problem.data(), now);
}

void Lane::finish(const Exchange& done, int code, common::Instant now, std::vector<core::Input>& inputs) {
    inputs.emplace_back(core::ExchangeEnded{done.request.id, done.ended(code)});
    tell(done, code, now);
    let_go(std::find_if(
        running_.begin(), running_.end(), [&](const Exchange& running) { return &running == &done; }));
}

void Lane::expire(common::Instant now, std::vector<core::Input>& inputs) {
    connections_.closing_because(ports::ConnectionEnd::timeouts);
    for (auto at = running_.begin(); at != running_.end();) {
        const auto exchange = at++;
        if (exchange->request.deadline <= now) {
            if (!exchange->sent) {
                connections_.failed(ports::ConnectionEnd::connect_failed);
                notices_.failed(Trouble::connect, "none until the request's deadline", now);
            }
            inputs.emplace_back(core::ExchangeEnded{exchange->request.id, exchange->timed_out()});
            let_go(exchange);
        }
    }
    connections_.closing_because(ports::ConnectionEnd::lost);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (at->request.deadline <= now) {
            inputs.emplace_back(core::ExchangeEnded{at->request.id, at->timed_out()});
            at = waiting_.erase(at);
        } else {
            ++at;
        }
    }
}

void Lane::tell_capacity(std::vector<core::Input>& inputs) {
    if (!std::exchange(capacity_told_, true)) {
        inputs.emplace_back(core::CapacityChanged{endpoint_.id, endpoint_.connections_max});
    }
}

void Lane::abandon() {
    connections_.closing_because(ports::ConnectionEnd::shutdown);
    for (Exchange& exchange : running_) {
        curl_multi_remove_handle(multi_, exchange.easy.get());
    }
    running_.clear();
}

common::Instant Lane::earliest_deadline() const {
    common::Instant earliest = common::never;
    for (const Exchanges* exchanges : {&running_, &waiting_}) {
        for (const Exchange& exchange : *exchanges) {
            earliest = std::min(earliest, exchange.request.deadline);
        }
    }
    return earliest;
}

ports::TransportStats Lane::stats() const {
    ports::TransportStats stats;
    connections_.describe(stats);
    stats.exchanges_in_flight = static_cast<std::size_t>(std::count_if(
        running_.begin(), running_.end(), [](const Exchange& exchange) { return exchange.sent; }));
    stats.exchanges_waiting = waiting_.size() + running_.size() - stats.exchanges_in_flight;
    stats.streams_allowed = capacity_told_ ? endpoint_.connections_max : 0;
    stats.bytes_sent = bytes_sent_;
    stats.bytes_received = bytes_received_;
    return stats;
}

}  // namespace adapters::http1
