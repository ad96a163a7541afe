// A broker with a listener for users who may do nothing unless it is granted, and what a client needs for it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/kafka/private_broker.hpp"

namespace lane {

// SASL over TLS, beside the plain listener, whose users may do everything. `name` of the broker.
[[nodiscard]] BrokerOptions guarded_broker(
    const Stage& stage, const std::string& name, const std::vector<std::string>& users);

// Properties of librdkafka for one of them; `folder`: where the password's file is put.
[[nodiscard]] std::map<std::string, std::string> properties_of(
    const Stage& stage, const std::string& user, const std::string& folder);
inline constexpr const char* guarded_listener = "SECURE";

}  // namespace lane
