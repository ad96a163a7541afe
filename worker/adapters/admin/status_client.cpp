#include "worker/adapters/admin/status_client.hpp"

#include <fmt/format.h>
#include <httplib.h>

namespace admin {

common::Result<std::string> fetch_record(const std::string& url, const core::Position& record) {
    if (!url.starts_with("http://")) {
        return common::Error{"--admin-url: expected http://HOST:PORT of a worker's admin port"};
    }
    httplib::Client client{url};
    constexpr time_t seconds = 3;
    client.set_connection_timeout(seconds);
    client.set_read_timeout(seconds);
    const auto answer = client.Get(
        "/record", {{"at", core::position_text(record.partition, record.offset)}}, httplib::Headers{});
    if (!answer) {
        return common::Error{fmt::format(
            "{}/record: {}; check that the worker runs and that its admin port can be reached", url,
            httplib::to_string(answer.error()))};
    }
    if (answer->status != 200) {
        return common::Error{
            fmt::format("{}/record: answered {}; is this a worker of this version?", url, answer->status)};
    }
    return answer->body;
}

}  // namespace admin
