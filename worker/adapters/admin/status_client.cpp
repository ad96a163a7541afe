#include "worker/adapters/admin/status_client.hpp"

#include <fmt/format.h>
#include <httplib.h>

namespace admin {

common::Result<std::string> fetch_status(const std::string& url) {
    if (!url.starts_with("http://")) {
        return common::Error{"--admin-url: expected http://HOST:PORT of a worker's admin port"};
    }
    httplib::Client client{url};
    constexpr time_t seconds = 3;
    client.set_connection_timeout(seconds);
    client.set_read_timeout(seconds);
    const auto answer = client.Get("/status");
    if (!answer) {
        return common::Error{fmt::format(
            "{}/status: {}; check that the worker runs and that its admin port can be reached", url,
            httplib::to_string(answer.error()))};
    }
    if (answer->status != 200) {
        return common::Error{fmt::format("{}/status: answered {}", url, answer->status)};
    }
    return answer->body;
}

}  // namespace admin
