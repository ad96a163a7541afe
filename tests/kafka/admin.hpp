// What an administrator of the cluster does to topics and rights, over librdkafka's admin calls.
//
// Errors: Failed. Every call has a deadline, and is done when it returns.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lane {

enum class Right : unsigned char { read_topic, describe_topic, write_topic, read_group };

// `name` of a topic or group, for the user `who`.
void grant(const std::string& bootstrap, const std::string& who, Right right, const std::string& name);
// Failed also when it was not granted.
void withdraw(const std::string& bootstrap, const std::string& who, Right right, const std::string& name);
void grow_topic(const std::string& bootstrap, const std::string& topic, std::size_t partitions);
void delete_topic(const std::string& bootstrap, const std::string& topic);
// Deletes what lies below `before` in each partition, as retention does.
void delete_records(
    const std::string& bootstrap, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& before);

}  // namespace lane
