#include "worker/adapters/kafka/last_fault.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

namespace kafka {

void listen(Client& client) {
    while (rd_kafka_poll(client.handle(), 0) > 0) {
    }
}

common::Error failure(const LastFault& last, const std::string& subject, int code) {
    const Fault& known = fault_of(code);
    const bool knows_more = known.kind == FaultKind::unreachable && !last.text.empty();
    return common::Error{
        knows_more ? fmt::format("{}: {}", subject, last.text)
                   : fmt::format(
                         "{}: {} ({}). {}", subject, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)),
                         code_name(code), remedy_at({.consumer = true, .subject = subject}, known))};
}

}  // namespace kafka
