// One endpoint: its exchanges, waiting and running, libcurl's handles for them, and what is told and counted
// about its connections. For this folder's .cpp files only.
#pragma once

#include <cstddef>
#include <vector>

#include "common/time.hpp"
#include "worker/adapters/http1/connections.hpp"
#include "worker/adapters/http1/exchange.hpp"
#include "worker/adapters/http1/http1_transport.hpp"
#include "worker/adapters/http1/notices.hpp"
#include "worker/core/engine/input.hpp"

typedef void CURLM;  // NOLINT(modernize-use-using): as libcurl declares it

namespace adapters::http1 {

class Lane {
public:
    // `multi` must outlive it, and must close its connections before it goes: they point here.
    Lane(Endpoint endpoint, Notify notify, CURLM* multi);
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void add(ports::OutgoingRequest request) { waiting_.emplace_back(std::move(request), connections_); }
    // Gives waiting exchanges to libcurl, as many as there may be connections.
    void start_waiting();
    // libcurl is through with a running exchange; `code` is its CURLcode.
    void finish(const Exchange& done, int code, common::Instant now, std::vector<core::Input>& inputs);
    // Ends what is past its deadline.
    void expire(common::Instant now, std::vector<core::Input>& inputs);
    // Tells the capacity, once.
    void tell_capacity(std::vector<core::Input>& inputs);
    // Takes every exchange off libcurl, telling nobody.
    void abandon();

    [[nodiscard]] common::Instant earliest_deadline() const;
    [[nodiscard]] ports::TransportStats stats() const;

private:
    static int on_close_socket(void* self, int fd) noexcept;
    [[nodiscard]] EasyPtr new_handle();
    // Takes the exchange off libcurl; its connection is closed unless the transfer was over.
    void let_go(Exchanges::iterator exchange);
    void tell(const Exchange& done, int code, common::Instant now);

    Endpoint endpoint_;
    CURLM* multi_;
    Notices notices_;
    Connections connections_;
    Exchanges waiting_;
    Exchanges running_;
    std::vector<EasyPtr> spare_;
    bool capacity_told_ = false;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t bytes_received_ = 0;
};

}  // namespace adapters::http1
