#include "worker/adapters/admin/status_client.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace admin {
namespace {

// cpp-httplib bounds single reads alone: whoever sends a byte now and then would keep it for ever.
class Deadline {
public:
    Deadline(httplib::Client& client, common::Duration bound)
        : thread_{[this, &client, bound] {
              std::unique_lock lock{mutex_};
              if (!over_.wait_for(lock, bound, [this] { return done_; })) {
                  passed_ = true;
                  client.stop();
              }
          }} {}
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    [[nodiscard]] bool passed() const noexcept { return passed_; }
    ~Deadline() {
        {
            const std::lock_guard lock{mutex_};
            done_ = true;
        }
        over_.notify_one();
        thread_.join();
    }

private:
    std::mutex mutex_;
    std::condition_variable over_;
    bool done_ = false;
    std::atomic<bool> passed_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace

common::Result<std::string> fetch_record(
    const std::string& url, const core::Position& record, common::Duration bound) {
    if (!url.starts_with("http://")) {
        return common::Error{"--admin-url: expected http://HOST:PORT of a worker's admin port"};
    }
    httplib::Client client{url};
    client.set_connection_timeout(bound);
    client.set_read_timeout(bound);
    client.set_write_timeout(bound);
    std::string page;
    bool too_large = false;
    const auto take = [&](const char* data, std::size_t bytes) {
        too_large = page.size() + bytes > page_bytes_max;
        page.append(data, too_large ? 0 : bytes);
        return !too_large;
    };
    const Deadline deadline{client, bound};
    const auto answer = client.Get(
        "/record", {{"at", core::position_text(record.partition, record.offset)}}, httplib::Headers{}, take);
    if (too_large) {
        return common::Error{fmt::format(
            "{}/record: answered more than {} bytes; is this a worker of this version?", url,
            page_bytes_max)};
    }
    if (deadline.passed()) {  // also when what came until then looks like an answer
        return common::Error{fmt::format(
            "{}/record: no whole answer within {:.1f} s; is this a worker?", url, common::seconds(bound))};
    }
    if (!answer) {
        return common::Error{fmt::format(
            "{}/record: {}; check that the worker runs and that its admin port can be reached", url,
            httplib::to_string(answer.error()))};
    }
    if (answer->status != 200) {
        return common::Error{
            fmt::format("{}/record: answered {}; is this a worker of this version?", url, answer->status)};
    }
    return page;
}

}  // namespace admin
