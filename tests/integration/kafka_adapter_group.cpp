// A member that shares partitions and reads nothing, against the embedded broker.
#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <map>
#include <string>

#include "tests/integration/kafka_adapter_world.hpp"
#include "worker/adapters/kafka/group_member.hpp"
#include "worker/adapters/kafka/sole_member.hpp"

using namespace kafka_test;
using core::Offset;
using kafka::GroupMember;

namespace {

// Polls until there is news; `none` after 20 s without any.
GroupMember::News news_of(GroupMember& member) {
    for (int second = 0; second < 20; ++second) {
        const auto news = member.poll(1s);
        REQUIRE(news);
        if (*news != GroupMember::News::none) {
            return *news;
        }
    }
    return GroupMember::News::none;
}

// Joins the group like any consumer.
class Rival {
public:
    explicit Rival(const kafka::KafkaSettings& settings) {
        rd_kafka_conf_t* const conf = rd_kafka_conf_new();
        for (const auto& [name, value] : std::map<std::string, std::string>{
                 {"bootstrap.servers", settings.bootstrap_servers},
                 {"group.id", settings.group_id},
                 {"partition.assignment.strategy", "range"},
                 {"session.timeout.ms", "6000"}}) {
            REQUIRE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0) == RD_KAFKA_CONF_OK);
        }
        handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
        REQUIRE(handle_ != nullptr);
        rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, settings.topics.front().c_str(), RD_KAFKA_PARTITION_UA);
        rd_kafka_subscribe(handle_, topics);
        rd_kafka_topic_partition_list_destroy(topics);
    }
    Rival(const Rival&) = delete;
    Rival& operator=(const Rival&) = delete;
    ~Rival() { rd_kafka_destroy(handle_); }

    void poll() const {
        if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle_, 10)) {
            rd_kafka_message_destroy(message);
        }
    }

private:
    rd_kafka_t* handle_ = nullptr;
};

}  // namespace

TEST_CASE("a member is given what there is, and keeps an offset and a text for each partition") {
    const dev::EmbeddedBroker broker{{{"letters", 2}, {"other-letters", 1}}};
    const kafka::KafkaSettings settings = settings_for(broker, {"letters", "other-letters"});
    const std::vector<core::TopicPartition> all{{"letters", 0}, {"letters", 1}, {"other-letters", 0}};
    {
        const auto member = std::move(GroupMember::open(settings, "watch")).value();
        REQUIRE(news_of(*member) == GroupMember::News::given);
        CHECK(member->partitions() == all);

        const auto none = member->offsets("group", all, 5s);
        REQUIRE(none);
        for (const kafka::GroupOffset& each : none.value()) {
            CHECK_FALSE(each.committed);
        }
        const auto marks = member->watermarks(all[0], 5s);
        REQUIRE(marks);
        CHECK(marks.value().end == Offset{0});
        REQUIRE(member->commit({{all[0], Offset{7}, "asw1r:AAAA"}, {all[2], Offset{9}, ""}}, 5s));
        CHECK_FALSE(member->watermarks({"letters", 17}, 5s));
    }
    // As another group sees it.
    kafka::KafkaSettings others = settings;
    others.group_id = "others";
    const auto onlooker = std::move(GroupMember::open(others, "onlooker")).value();
    REQUIRE(news_of(*onlooker) == GroupMember::News::given);
    // In the order asked for, not in that of the brokers.
    const auto found = onlooker->offsets("group", {all[2], all[0], all[1]}, 5s);
    REQUIRE(found);
    REQUIRE(found.value().size() == 3);
    CHECK(found.value()[0].committed == Offset{9});
    CHECK(found.value()[0].metadata.empty());
    CHECK(found.value()[1].committed == Offset{7});
    CHECK(found.value()[1].metadata == "asw1r:AAAA");
    CHECK_FALSE(found.value()[2].committed);
}

// A courier whose group was lost once sent one more letter: only every second question was answered truly.
TEST_CASE("who was the only member and is not any more, never is again, and what it committed stays") {
    const dev::EmbeddedBroker broker{{{"letters", 2}}};
    const kafka::KafkaSettings settings = settings_for(broker, {"letters"});
    auto joined = kafka::SoleMember::join(settings, "anna", 20s, [](const std::string&) { return true; });
    REQUIRE(joined);
    kafka::SoleMember& anna = **joined;
    CHECK(anna.still_sole());
    REQUIRE(anna.commit({{{"letters", 0}, Offset{7}, ""}}));
    const Rival rival{settings};
    const auto started = std::chrono::steady_clock::now();
    while (anna.still_sole() && std::chrono::steady_clock::now() - started < 40s) {
        rival.poll();
    }
    for (int question = 0; question < 5; ++question) {
        CHECK_FALSE(anna.still_sole());
    }
    const auto found = kafka::group_offsets(settings, {{"letters", 0}}, 5s);
    REQUIRE(found);
    CHECK(found.value()[0].committed == Offset{7});
}

// Ctrl-C while the group was waited for once ended the process without a word.
TEST_CASE("who does not want to wait for the group does not join it") {
    const dev::EmbeddedBroker broker{{{"letters", 1}}};
    int asked = 0;
    const auto refused = kafka::SoleMember::join(
        settings_for(broker, {"letters"}), "anna", 20s, [&](const std::string&) { return ++asked < 2; });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().given_up);
    CHECK_FALSE(refused.error().held);
    CHECK(asked == 2);
}

TEST_CASE("brokers that are away are an error within the bound, and so is nothing to leave") {
    kafka::KafkaSettings settings;
    settings.bootstrap_servers = "127.0.0.1:1";
    settings.group_id = "group";
    settings.topics = {"letters"};
    const auto started = std::chrono::steady_clock::now();
    {
        const auto member = std::move(GroupMember::open(settings, "watch")).value();
        const auto news = member->poll(100ms);
        CHECK((!news || *news == GroupMember::News::none));
        CHECK_FALSE(member->offsets("other", {{"letters", 0}}, 500ms));
        CHECK_FALSE(member->watermarks({"letters", 0}, 500ms));
    }
    CHECK(std::chrono::steady_clock::now() - started < 10s);
}
