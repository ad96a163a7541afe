// What an answer about groups proves. The lock of the dead-letters tool hangs on it.
#include "worker/adapters/kafka/group_calls.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

namespace {

struct Answer {
    void add(const char* group, bool with_member, rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_group_info info{};
        info.group = const_cast<char*>(group);
        info.err = err;
        info.members = with_member ? &member : nullptr;
        info.member_cnt = with_member ? 1 : 0;
        groups.push_back(info);
    }
    // The member's name, "nobody", or the code.
    std::string says(int code) {
        const rd_kafka_group_list list{groups.data(), static_cast<int>(groups.size())};
        const auto found = kafka::member_in(&list, "replay", code);
        if (!found) {
            return rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(found.error()));
        }
        return found->empty() ? "nobody" : *found;
    }

    char client[5] = "anna";
    char host[5] = "desk";
    rd_kafka_group_member_info member{nullptr, client, host, nullptr, 0, nullptr, 0};
    std::vector<rd_kafka_group_info> groups;
};

}  // namespace

// Any error was once read as a group that nobody holds, and whoever joined then ended the run of the holder.
TEST_CASE("group calls: a group is free only when the brokers say so") {
    Answer answer;
    SUBCASE("nobody knows the group, and all answered") {
        CHECK(answer.says(RD_KAFKA_RESP_ERR_NO_ERROR) == "nobody");
    }
    SUBCASE("nobody who answered knows it") {
        answer.add("another", true);
        CHECK(answer.says(RD_KAFKA_RESP_ERR__PARTIAL) == "_PARTIAL");
    }
    SUBCASE("nothing was answered") {
        CHECK(
            kafka::member_in(nullptr, "replay", RD_KAFKA_RESP_ERR__TIMED_OUT).error() ==
            RD_KAFKA_RESP_ERR__TIMED_OUT);
        CHECK(
            kafka::member_in(nullptr, "replay", RD_KAFKA_RESP_ERR__TRANSPORT).error() ==
            RD_KAFKA_RESP_ERR__TRANSPORT);
    }
    // The embedded broker once let nobody in, so the demo could not work off its letters.
    SUBCASE("brokers that cannot list groups leave it to the assignment") {
        CHECK(kafka::member_in(nullptr, "replay", RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)->empty());
    }
    SUBCASE("held, whether or not all answered") {
        answer.add("another", false);
        answer.add("replay", true);
        CHECK(answer.says(RD_KAFKA_RESP_ERR_NO_ERROR) == "anna at desk");
        CHECK(answer.says(RD_KAFKA_RESP_ERR__PARTIAL) == "anna at desk");
    }
    SUBCASE("empty, whether or not all answered") {
        answer.add("replay", false);
        CHECK(answer.says(RD_KAFKA_RESP_ERR_NO_ERROR) == "nobody");
        CHECK(answer.says(RD_KAFKA_RESP_ERR__PARTIAL) == "nobody");
    }
    SUBCASE("not to be looked at") {
        answer.add("replay", false, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
        CHECK(answer.says(RD_KAFKA_RESP_ERR_NO_ERROR) == "GROUP_AUTHORIZATION_FAILED");
    }
    SUBCASE("its coordinator has just changed") {
        answer.add("replay", true);
        answer.add("replay", false, RD_KAFKA_RESP_ERR_NOT_COORDINATOR_FOR_GROUP);
        CHECK(answer.says(RD_KAFKA_RESP_ERR_NO_ERROR) == "anna at desk");
    }
}
