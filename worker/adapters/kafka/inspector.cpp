#include "worker/adapters/kafka/inspector.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <utility>

#include "worker/adapters/kafka/fault.hpp"
#include "worker/adapters/kafka/last_fault.hpp"

namespace kafka {
namespace {

struct EventDelete {
    void operator()(rd_kafka_event_t* event) const noexcept { rd_kafka_event_destroy(event); }
};
struct ResourceDelete {
    void operator()(rd_kafka_ConfigResource_t* resource) const noexcept {
        rd_kafka_ConfigResource_destroy(resource);
    }
};
struct OptionsDelete {
    void operator()(rd_kafka_AdminOptions_t* options) const noexcept {
        rd_kafka_AdminOptions_destroy(options);
    }
};

Properties entries_of(const rd_kafka_ConfigResource_t& resource) {
    Properties found;
    std::size_t count = 0;
    const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&resource, &count);
    for (std::size_t i = 0; i < count; ++i) {
        if (const char* value = rd_kafka_ConfigEntry_value(entries[i])) {
            found.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
        }
    }
    return found;
}

}  // namespace

struct Inspector::Impl {
    Impl(const KafkaSettings& of, common::Duration longest)
        : settings{of}, patience{longest}, client{"doctor", fault} {}
    [[nodiscard]] common::Error failed(const std::string& subject, int code) {
        listen(client);
        return failure(fault, subject, code);
    }
    [[nodiscard]] int milliseconds() const { return milliseconds_left(steady_now() + patience); }

    KafkaSettings settings;
    common::Duration patience;
    LastFault fault;
    Client client;
    std::set<std::string> withheld;
};

Inspector::Inspector(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Inspector::~Inspector() = default;

common::Result<std::unique_ptr<Inspector>> Inspector::open(
    const KafkaSettings& settings, common::Duration patience) {
    if (const auto problems = check_properties(settings.properties); !problems.empty()) {
        const PropertyProblem& first = problems.front();
        return common::Error{
            fmt::format("kafka.properties.{}: {}. {}", first.key, first.problem, first.remedy)};
    }
    auto impl = std::make_unique<Impl>(settings, patience);
    KafkaSettings quiet = settings;
    quiet.statistics_interval = {};
    auto conf = impl->client.configure(
        quiet, {},
        {{"group.id", settings.group_id},
         {"enable.auto.commit", "false"},
         {"enable.auto.offset.store", "false"}});
    if (!conf) {
        return conf.error();
    }
    if (auto opened = impl->client.open(std::move(*conf), true); !opened) {
        return opened.error();
    }
    return std::unique_ptr<Inspector>{new Inspector{std::move(impl)}};
}

common::Result<std::size_t> Inspector::brokers() {
    Impl& self = *impl_;
    const rd_kafka_metadata_t* found = nullptr;
    const auto code = rd_kafka_metadata(self.client.handle(), 0, nullptr, &found, self.milliseconds());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return self.failed("brokers", code);
    }
    const auto count = static_cast<std::size_t>(found->broker_cnt);
    rd_kafka_metadata_destroy(found);
    return count;
}

Inspector::TopicSettings Inspector::topic_settings(const std::vector<std::string>& topics) {
    Impl& self = *impl_;
    rd_kafka_t* const handle = self.client.handle();
    const RdQueue queue{rd_kafka_queue_new(handle)};
    const std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDelete> options{
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)};
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), self.milliseconds(), text.data(), text.size());
    std::vector<std::unique_ptr<rd_kafka_ConfigResource_t, ResourceDelete>> owned;
    std::vector<rd_kafka_ConfigResource_t*> resources;
    for (const std::string& topic : topics) {
        owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
        resources.push_back(owned.back().get());
    }
    TopicSettings settings;
    if (topics.empty()) {
        return settings;
    }
    // One request for all: it ends by itself after its own timeout, and its event always comes.
    rd_kafka_DescribeConfigs(handle, resources.data(), resources.size(), options.get(), queue.get());
    const std::unique_ptr<rd_kafka_event_t, EventDelete> event{
        rd_kafka_queue_poll(queue.get(), self.milliseconds() + 1000)};
    const auto code = event ? rd_kafka_event_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (const std::string& topic : topics) {
            settings.emplace(topic, self.failed(topic, code));
        }
        return settings;
    }
    std::size_t count = 0;
    const rd_kafka_ConfigResource_t** found =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string topic = rd_kafka_ConfigResource_name(found[i]);
        if (const auto refused = rd_kafka_ConfigResource_error(found[i])) {
            settings.emplace(topic, self.failed(topic, refused));
            if (fault_of(refused).kind == FaultKind::no_topic_right) {
                self.withheld.insert(topic);
            }
        } else {
            settings.emplace(topic, entries_of(*found[i]));
        }
    }
    return settings;
}

const std::set<std::string>& Inspector::withheld() const noexcept {
    return impl_->withheld;
}

common::Result<std::optional<GroupState>> Inspector::group() {
    Impl& self = *impl_;
    const std::string& name = self.settings.group_id;
    const struct rd_kafka_group_list* list = nullptr;
    const auto code = rd_kafka_list_groups(self.client.handle(), name.c_str(), &list, self.milliseconds());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL) {
        return self.failed(name, code);
    }
    std::optional<GroupState> state;
    rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < list->group_cnt; ++i) {
        const rd_kafka_group_info& each = list->groups[i];
        refused = each.err;
        if (name == each.group && each.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            state = GroupState{each.state, static_cast<std::size_t>(each.member_cnt)};
        }
    }
    rd_kafka_group_list_destroy(list);
    if (!state && refused != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return self.failed(name, refused);
    }
    return state;
}

common::Result<Positions> Inspector::positions(const std::vector<core::TopicPartition>& partitions) {
    Impl& self = *impl_;
    auto found = look_up_positions(
        self.client.handle(), partitions, self.settings.reset, steady_now() + self.patience);
    if (!found) {
        return self.failed(self.settings.group_id, found.error().code);
    }
    return *std::move(found);
}

LibraryVersion library_version() {
    return {rd_kafka_version_str(), rd_kafka_version()};
}

}  // namespace kafka
