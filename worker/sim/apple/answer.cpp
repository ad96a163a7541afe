#include "worker/sim/apple/answer.hpp"

#include <array>
#include <chrono>

#include <fmt/format.h>

namespace sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string json_error(int status) {
    const bool may_try_again = status >= 500;
    return fmt::format(
        R"({{"errorCode":{},"errorMessage":"{}"}})", status * 10'000 + (may_try_again ? 1 : 0),
        status == 429 ? "Rate limit exceeded." : "An unknown error occurred.");
}

std::string html_error(int status) {
    return fmt::format(
        "<html>\r\n<head><title>{0}</title></head>\r\n<body><center><h1>{0}</h1></center></body>\r\n</"
        "html>\r\n",
        status);
}

}  // namespace

core::Exchange exchange_of(const Answer& answer) {
    switch (answer.wire) {
        case Wire::reset:
        case Wire::close:
            return core::Lost{core::LostReason::reset};
        case Wire::refused_stream:
            return core::NotSent{core::NotSentReason::refused_stream};
        case Wire::go_away:
            return core::NotSent{core::NotSentReason::goaway};
        case Wire::stall:
            return core::Lost{core::LostReason::deadline};
        case Wire::answer:
        case Wire::torn_body:
            break;
    }
    core::Answer seen;
    seen.status = answer.status;
    seen.retry_after = answer.retry_after;
    if (!answer.content_type.empty()) {
        seen.content_type = answer.content_type;
    }
    seen.date = std::chrono::floor<seconds>(answer.date);
    seen.body_torn = answer.wire == Wire::torn_body;
    seen.body = seen.body_torn ? answer.body.substr(0, answer.body.size() / 2) : answer.body;
    return seen;
}

void answer_with(Answer& answer, int status, BodyForm form) {
    answer.status = status;
    answer.documented = status == 204 || status == 401 || status == 404;
    if (status == 401) {
        answer.content_type = "text/plain";
        answer.body = "Unauthenticated";
        return;
    }
    switch (form) {
        case BodyForm::empty:
            break;
        case BodyForm::json:
            answer.content_type = "application/json";
            answer.body = json_error(status);
            break;
        case BodyForm::html:
            answer.content_type = "text/html";
            answer.body = html_error(status);
            break;
    }
}

std::optional<std::string> retry_after_text(
    RetryAfterForm form, common::WallTime reopens, common::WallTime now) {
    switch (form) {
        case RetryAfterForm::epoch_ms:
            return std::to_string(reopens.time_since_epoch().count());
        case RetryAfterForm::seconds:
            return std::to_string(std::chrono::ceil<seconds>(reopens - now).count());
        case RetryAfterForm::http_date:
            return http_date(std::chrono::ceil<seconds>(reopens));
        case RetryAfterForm::missing:
            return std::nullopt;
        case RetryAfterForm::past:
            return std::to_string((now - std::chrono::minutes{5}).time_since_epoch().count());
        case RetryAfterForm::unreadable:
            return "soon";
    }
    return std::nullopt;
}

std::string http_date(common::WallTime time) {
    constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<seconds>(time - day)};
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays.at(std::chrono::weekday{day}.c_encoding()),
        static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
        clock.seconds().count());
}

}  // namespace sim
