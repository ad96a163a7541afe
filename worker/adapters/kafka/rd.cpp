#include "worker/adapters/kafka/rd.hpp"

#include <librdkafka/rdkafka.h>

namespace kafka {

void RdDelete::operator()(rd_kafka_conf_s* conf) const noexcept {
    rd_kafka_conf_destroy(conf);
}
void RdDelete::operator()(rd_kafka_queue_s* queue) const noexcept {
    rd_kafka_queue_destroy(queue);
}
void RdDelete::operator()(rd_kafka_topic_s* topic) const noexcept {
    rd_kafka_topic_destroy(topic);
}
void RdDelete::operator()(rd_kafka_topic_partition_list_s* partitions) const noexcept {
    rd_kafka_topic_partition_list_destroy(partitions);
}
void RdDelete::operator()(rd_kafka_message_s* message) const noexcept {
    rd_kafka_message_destroy(message);
}
void RdDelete::operator()(rd_kafka_s* handle) const noexcept {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

}  // namespace kafka
