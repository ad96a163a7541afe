#include "tests/kafka/handles.hpp"

#include <array>

#include "tests/kafka/require.hpp"

namespace lane {

Owned<rd_kafka_t> open(rd_kafka_type_t type, const std::map<std::string, std::string>& properties) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);  // what matters comes back as an error
    std::array<char, 512> text{};
    for (const auto& [key, value] : properties) {
        require(
            rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK,
            text.data());
    }
    Owned<rd_kafka_t> handle{rd_kafka_new(type, conf, text.data(), text.size())};
    require(handle != nullptr, text.data());
    return handle;
}

}  // namespace lane
