#include "worker/sim/plan/invalid.hpp"

#include <fmt/format.h>

#include <string>

namespace sim {

void make_invalid(Choices& choices, PlannedRecord& record, std::string_view subject, bool may_be_large) {
    const auto event = [&](std::string_view type, std::string_view data) {
        return fmt::format(
            R"({{"specversion":"1.0","id":"bad-{}-{}","source":"/accounts","type":"{}",)"
            R"("time":"2026-09-21T12:00:00Z","subject":"{}","data":{}}})",
            record.partition, record.offset.value, type, subject, data);
    };
    switch (choices.below(may_be_large ? 9 : 8)) {
        case 0:
            record.value = std::nullopt;
            break;
        case 1:
            record.value = "";
            break;
        case 2:
            record.value = fmt::format("not json {}", value_mark);
            break;
        case 3:
            record.value = event("account.renamed.v1", R"({"app":"app-0","sign_in_tokens":[]})");
            break;
        case 4:
            record.value =
                event("account.deleted.v1", R"({"app":"nobody","sign_in_tokens":[{"value":"tkn~x.0"}]})");
            break;
        case 5:
            record.value = event("account.deleted.v1", R"({"app":"app-0","sign_in_tokens":[{"value":17}]})");
            break;
        case 6:
            record.value = event(
                "account.password-changed.v1",
                R"({"app":"app-0","sign_in_tokens":[{"value":"tkn~x.1","replacement":"tkn~x.1"}]})");
            break;
        case 7:
            record.value = R"({"specversion":"1.0","id":"half","source":"/accounts"})";
            break;
        default:
            record.value = std::string(record_bytes_max, 'x');
            break;
    }
}

}  // namespace sim
