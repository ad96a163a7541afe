#include "worker/adapters/http1/http1_transport.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "worker/adapters/http1/exchange.hpp"

namespace adapters::http1 {
namespace {

common::Instant steady_now() {
    return common::Instant{std::chrono::steady_clock::now().time_since_epoch()};
}

struct MultiFree {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

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
    if (!endpoint.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, endpoint.ca_file.c_str());
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
}

}  // namespace

class Http1Transport::Impl {
public:
    Impl(const std::vector<Endpoint>& endpoints, ports::Readiness& readiness);
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    void send(ports::OutgoingRequest request);
    void flush();
    void collect(std::vector<core::Input>& inputs);
    [[nodiscard]] common::Instant next_deadline() const;
    [[nodiscard]] ports::TransportStats stats(core::EndpointId endpoint) const;

private:
    struct Lane {  // one endpoint
        Endpoint endpoint;
        Exchanges waiting{};
        Exchanges running{};
        std::vector<EasyPtr> spare{};
        std::uint64_t connections_opened = 0;
        bool capacity_told = false;
    };

    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) noexcept;
    static int on_timer(CURLM*, long timeout_ms, void* self) noexcept;

    void start_waiting(Lane& lane);
    void start(Lane& lane);
    void act(curl_socket_t fd, int what);
    void run_timer();
    void finish_done(std::vector<core::Input>& inputs);
    void expire(Lane& lane, common::Instant now, std::vector<core::Input>& inputs);
    // Takes the exchange off libcurl; its connection is closed unless the transfer was over.
    void let_go(Lane& lane, Exchanges::iterator exchange);

    ports::Readiness& readiness_;
    std::unique_ptr<CURLM, MultiFree> multi_;
    std::map<core::EndpointId, Lane> lanes_;
    common::Instant timer_ = common::never;  // libcurl wants to be called
    // libcurl ran since the last collect(). Against a fast server flush() alone completes exchanges: no
    // socket would wake the loop for them.
    bool acted_ = false;
};

Http1Transport::Impl::Impl(const std::vector<Endpoint>& endpoints, ports::Readiness& readiness)
    : readiness_{readiness}, multi_{curl_multi_init()} {
    INVARIANT(multi_ != nullptr, "out of memory");
    std::size_t connections = 0;
    for (const Endpoint& endpoint : endpoints) {
        lanes_.emplace(endpoint.id, Lane{.endpoint = endpoint});
        connections += endpoint.connections_max;
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
}

Http1Transport::Impl::~Impl() {
    for (auto& [id, lane] : lanes_) {
        for (Exchange& exchange : lane.running) {
            curl_multi_remove_handle(multi_.get(), exchange.easy.get());
        }
        lane.running.clear();
    }
}

int Http1Transport::Impl::on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) noexcept {
    auto& impl = *static_cast<Impl*>(self);
    if (what == CURL_POLL_REMOVE) {
        impl.readiness_.remove(fd);
        return 0;
    }
    const bool read = (what & CURL_POLL_IN) != 0;
    const bool write = (what & CURL_POLL_OUT) != 0;
    if (known != nullptr) {
        impl.readiness_.change(fd, read, write);
        return 0;
    }
    impl.readiness_.add(fd, read, write, [&impl, fd](bool readable, bool writable) {
        impl.act(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
    });
    curl_multi_assign(impl.multi_.get(), fd, self);
    return 0;
}

int Http1Transport::Impl::on_timer(CURLM*, long timeout_ms, void* self) noexcept {
    static_cast<Impl*>(self)->timer_ =
        timeout_ms < 0 ? common::never : steady_now() + std::chrono::milliseconds{timeout_ms};
    return 0;
}

void Http1Transport::Impl::act(curl_socket_t fd, int what) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), fd, what, &running);
    acted_ = true;
}

void Http1Transport::Impl::run_timer() {
    if (timer_ <= steady_now()) {
        timer_ = common::never;
        act(CURL_SOCKET_TIMEOUT, 0);
    }
}

void Http1Transport::Impl::send(ports::OutgoingRequest request) {
    const auto lane = lanes_.find(request.request.endpoint);
    INVARIANT(lane != lanes_.end(), "a request for an endpoint that was not configured");
    lane->second.waiting.emplace_back(std::move(request));
}

void Http1Transport::Impl::flush() {
    for (auto& [id, lane] : lanes_) {
        start_waiting(lane);
    }
    run_timer();
}

void Http1Transport::Impl::start_waiting(Lane& lane) {
    while (!lane.waiting.empty() && lane.running.size() < lane.endpoint.connections_max) {
        start(lane);
    }
}

void Http1Transport::Impl::start(Lane& lane) {
    lane.running.splice(lane.running.end(), lane.waiting, lane.waiting.begin());
    Exchange& exchange = lane.running.back();
    if (lane.spare.empty()) {
        exchange.easy.reset(curl_easy_init());
        INVARIANT(exchange.easy != nullptr, "out of memory");
        configure(exchange.easy.get(), lane.endpoint);
    } else {
        exchange.easy = std::move(lane.spare.back());
        lane.spare.pop_back();
    }
    exchange.begin(exchange.easy.get(), lane.endpoint.base_url);
    curl_multi_add_handle(multi_.get(), exchange.easy.get());
}

void Http1Transport::Impl::let_go(Lane& lane, Exchanges::iterator exchange) {
    curl_multi_remove_handle(multi_.get(), exchange->easy.get());
    // The spare handle must not keep pointers into the exchange that goes.
    curl_easy_setopt(exchange->easy.get(), CURLOPT_HTTPHEADER, nullptr);
    curl_easy_setopt(exchange->easy.get(), CURLOPT_POSTFIELDS, nullptr);
    lane.spare.push_back(std::move(exchange->easy));
    lane.running.erase(exchange);
}

void Http1Transport::Impl::finish_done(std::vector<core::Input>& inputs) {
    acted_ = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        const CURLcode code = message->data.result;  // `message` dies with remove_handle
        Exchange* done = nullptr;
        long connects = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
        curl_easy_getinfo(message->easy_handle, CURLINFO_NUM_CONNECTS, &connects);
        Lane& lane = lanes_.at(done->request.request.endpoint);
        lane.connections_opened += static_cast<std::uint64_t>(connects);
        inputs.emplace_back(core::ExchangeEnded{done->request.id, done->ended(code)});
        let_go(lane, std::find_if(lane.running.begin(), lane.running.end(), [&](const Exchange& running) {
                   return &running == done;
               }));
    }
}

void Http1Transport::Impl::expire(Lane& lane, common::Instant now, std::vector<core::Input>& inputs) {
    for (auto at = lane.running.begin(); at != lane.running.end();) {
        const auto exchange = at++;
        if (exchange->request.deadline <= now) {
            inputs.emplace_back(core::ExchangeEnded{exchange->request.id, exchange->timed_out()});
            let_go(lane, exchange);
        }
    }
    for (auto at = lane.waiting.begin(); at != lane.waiting.end();) {
        if (at->request.deadline <= now) {
            inputs.emplace_back(core::ExchangeEnded{at->request.id, at->timed_out()});
            at = lane.waiting.erase(at);
        } else {
            ++at;
        }
    }
}

void Http1Transport::Impl::collect(std::vector<core::Input>& inputs) {
    run_timer();
    finish_done(inputs);
    const common::Instant now = steady_now();
    for (auto& [id, lane] : lanes_) {
        if (!std::exchange(lane.capacity_told, true)) {
            inputs.emplace_back(core::CapacityChanged{id, lane.endpoint.connections_max});
        }
        expire(lane, now, inputs);
        start_waiting(lane);
    }
}

common::Instant Http1Transport::Impl::next_deadline() const {
    if (acted_) {
        return common::Instant::min();
    }
    common::Instant earliest = timer_;
    for (const auto& [id, lane] : lanes_) {
        for (const Exchanges* exchanges : {&lane.running, &lane.waiting}) {
            for (const Exchange& exchange : *exchanges) {
                earliest = std::min(earliest, exchange.request.deadline);
            }
        }
    }
    return earliest;
}

ports::TransportStats Http1Transport::Impl::stats(core::EndpointId endpoint) const {
    const Lane& lane = lanes_.at(endpoint);
    ports::TransportStats stats;
    stats.exchanges_in_flight = lane.running.size();
    stats.exchanges_waiting = lane.waiting.size();
    stats.streams_allowed = lane.capacity_told ? lane.endpoint.connections_max : 0;
    stats.connections_opened = lane.connections_opened;
    return stats;
}

common::Result<std::unique_ptr<Http1Transport>> Http1Transport::create(
    const std::vector<Endpoint>& endpoints, ports::Readiness& readiness) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (const Endpoint& endpoint : endpoints) {
        if (!endpoint.base_url.starts_with("https://") || endpoint.base_url.ends_with('/')) {
            return common::Error{"base URL: expected https://host[:port] without a slash at the end"};
        }
        if (!endpoint.ca_file.empty() && ::access(endpoint.ca_file.c_str(), R_OK) != 0) {
            return common::Error{endpoint.ca_file + ": the CA file cannot be read"};
        }
        if (endpoint.connections_max == 0) {
            return common::Error{endpoint.base_url + ": no connection is allowed, so nothing could be sent"};
        }
    }
    return std::unique_ptr<Http1Transport>{new Http1Transport{std::make_unique<Impl>(endpoints, readiness)}};
}

Http1Transport::Http1Transport(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Http1Transport::~Http1Transport() = default;

void Http1Transport::send(ports::OutgoingRequest request) {
    impl_->send(std::move(request));
}
void Http1Transport::flush() {
    impl_->flush();
}
void Http1Transport::collect(common::Now, std::vector<core::Input>& inputs) {
    impl_->collect(inputs);
}
common::Instant Http1Transport::next_deadline() const {
    return impl_->next_deadline();
}
ports::TransportStats Http1Transport::stats(core::EndpointId endpoint) const {
    return impl_->stats(endpoint);
}

}  // namespace adapters::http1
