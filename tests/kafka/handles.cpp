#include "tests/kafka/handles.hpp"

#include <array>

#include "tests/kafka/require.hpp"

namespace lane {
namespace {

// For a call that copies the bytes, though it takes them as void*.
auto lent(const std::string& text) {
    decltype(rd_kafka_vu_t::u.mem) bytes{};
    bytes.ptr = const_cast<char*>(text.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    bytes.size = text.size();
    return bytes;
}

}  // namespace

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

void produce(
    rd_kafka_t* producer, const std::string& topic, const std::string& key, const std::string& value,
    std::int32_t partition) {
    // The array form: the variadic macros need a compiler extension.
    std::array<rd_kafka_vu_t, 5> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = lent(key);
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = lent(value);
    parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[4].u.i = RD_KAFKA_MSG_F_COPY;
    rd_kafka_error_t* const error = rd_kafka_produceva(producer, parts.data(), parts.size());
    const std::string refusal = error == nullptr ? "" : rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    require(refusal.empty(), "a record cannot be sent: " + refusal);
}

}  // namespace lane
