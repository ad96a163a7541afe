#include "worker/dev/demo/status.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

namespace dev {

namespace {

httplib::Result get(std::uint16_t port, const char* path) {
    httplib::Client client{"127.0.0.1", port};
    client.set_connection_timeout(1);
    client.set_read_timeout(1);
    client.set_tcp_nodelay(true);
    return client.Get(path);
}

// A line of progress has no room for the long names.
std::string short_reason(const std::string& reason) {
    return reason == "credential_refused"     ? "refused"
           : reason == "rejecting_everything" ? "rejecting"
                                              : reason;
}

std::vector<Trouble> troubles_in(const nlohmann::json& status) {
    std::vector<Trouble> troubles;
    for (const auto& gate : status.at("gates")) {
        if (gate.at("state") != "open") {
            troubles.push_back(
                {gate.at("credential").get<std::string>(),
                 short_reason(gate.at("reason").get<std::string>())});
        }
    }
    for (const auto& breaker : status.at("breakers")) {
        if (breaker.at("state") != "closed") {
            troubles.push_back({"", fmt::format("breaker {}", breaker.at("state").get<std::string>())});
        }
    }
    return troubles;
}

}  // namespace

std::optional<WorkerStatus> ask_status(std::uint16_t port) {
    const httplib::Result answer = get(port, "/status");
    if (!answer || answer->status != 200) {
        return std::nullopt;
    }
    const auto page = nlohmann::json::parse(answer->body);
    WorkerStatus status;
    status.in_flight = page.at("in_flight");
    status.held = page.at("lanes").at("held");
    status.retrying = page.at("lanes").at("waiting");
    if (!page.at("oldest_unexecuted_seconds").is_null()) {
        status.oldest_unexecuted_seconds = page.at("oldest_unexecuted_seconds").get<double>();
    }
    status.troubles = troubles_in(page);
    return status;
}

bool is_ready(std::uint16_t port) {
    const httplib::Result answer = get(port, "/readyz");
    return answer && answer->status == 200;
}

}  // namespace dev
