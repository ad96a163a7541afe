#include "worker/adapters/http1/http1_transport.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "common/invariant.hpp"
#include "worker/adapters/http1/lane.hpp"
#include "worker/ports/clock.hpp"

namespace adapters::http1 {
namespace {

using ports::steady_now;

struct MultiFree {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

}  // namespace

class Http1Transport::Impl {
public:
    Impl(const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify);
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    void send(ports::OutgoingRequest request);
    void flush();
    void collect(std::vector<core::Input>& inputs);
    [[nodiscard]] common::Instant next_deadline() const;
    [[nodiscard]] ports::TransportStats stats(core::EndpointId endpoint) const;

private:
    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) noexcept;
    static int on_timer(CURLM*, long timeout_ms, void* self) noexcept;

    void act(curl_socket_t fd, int what);
    void run_timer();
    void finish_done(common::Instant now, std::vector<core::Input>& inputs);

    ports::Readiness& readiness_;
    std::unique_ptr<CURLM, MultiFree> multi_;
    std::map<core::EndpointId, Lane> lanes_;
    common::Instant timer_ = common::never;  // libcurl wants to be called
    // libcurl ran since the last collect(). Against a fast server flush() alone completes exchanges: no
    // socket would wake the loop for them.
    bool acted_ = false;
};

Http1Transport::Impl::Impl(
    const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify)
    : readiness_{readiness}, multi_{curl_multi_init()} {
    INVARIANT(multi_ != nullptr, "out of memory");
    std::size_t connections = 0;
    for (const Endpoint& endpoint : endpoints) {
        lanes_.try_emplace(endpoint.id, endpoint, notify, multi_.get());
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
        lane.abandon();
    }
    multi_.reset();  // before the lanes: it closes their connections
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
    lane->second.add(std::move(request));
}

void Http1Transport::Impl::flush() {
    for (auto& [id, lane] : lanes_) {
        lane.start_waiting();
    }
    run_timer();
}

void Http1Transport::Impl::finish_done(common::Instant now, std::vector<core::Input>& inputs) {
    acted_ = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            const CURLcode code = message->data.result;  // `message` dies with the handle's removal
            Exchange* done = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
            lanes_.at(done->request.request.endpoint).finish(*done, code, now, inputs);
        }
    }
}

void Http1Transport::Impl::collect(std::vector<core::Input>& inputs) {
    run_timer();
    const common::Instant now = steady_now();
    finish_done(now, inputs);
    for (auto& [id, lane] : lanes_) {
        lane.tell_capacity(inputs);
        lane.expire(now, inputs);
        lane.start_waiting();
    }
}

common::Instant Http1Transport::Impl::next_deadline() const {
    if (acted_) {
        return common::Instant::min();
    }
    common::Instant earliest = timer_;
    for (const auto& [id, lane] : lanes_) {
        earliest = std::min(earliest, lane.earliest_deadline());
    }
    return earliest;
}

ports::TransportStats Http1Transport::Impl::stats(core::EndpointId endpoint) const {
    return lanes_.at(endpoint).stats();
}

common::Result<std::unique_ptr<Http1Transport>> Http1Transport::create(
    const std::vector<Endpoint>& endpoints, ports::Readiness& readiness, const Notify& notify) {
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
    return std::unique_ptr<Http1Transport>{
        new Http1Transport{std::make_unique<Impl>(endpoints, readiness, notify)}};
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
