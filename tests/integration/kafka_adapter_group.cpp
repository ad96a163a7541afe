// A member that shares partitions and reads nothing, against the embedded broker.
#include <doctest/doctest.h>

#include "tests/integration/kafka_adapter_world.hpp"
#include "worker/adapters/kafka/group_member.hpp"

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
