// The small formats that headers and attributes hold: Retry-After, Date, traceparent, RFC 3339 times, media
// types, base URLs. The first eight bytes are the present, in milliseconds around 2027; the rest is the text.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/http_date.hpp"
#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "worker/adapters/http2/url.hpp"
#include "worker/core/event/text.hpp"
#include "worker/core/outcome/classify.hpp"
#include "worker/core/outcome/retry_after.hpp"
#include "worker/core/settle/text.hpp"

namespace {

using namespace std::chrono_literals;

void check_retry_after(const std::string& text, common::WallTime now) {
    const auto wait = core::retry_after(text, now);
    INVARIANT(!wait || (*wait >= 1s && *wait <= 1h), "a wait lies between a second and an hour");
    INVARIANT(core::retry_after(" \t" + text + " ", now) == wait, "blanks around it do not matter");
    const bool all_digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    INVARIANT(!all_digits || text.size() > 11 || wait, "seconds are always understood");
    // Two readers of the same form, in folders that must not know each other.
    if (const auto date = common::parse_http_date(text)) {
        const auto until = *date - now;
        const bool same =
            until <= 0ms ? !wait : wait && *wait == std::clamp<std::chrono::milliseconds>(until, 1s, 1h);
        INVARIANT(same, "Retry-After and Date read a date alike");
    }
}

void check_answer(const std::string& text, common::WallTime now) {
    core::Answer answer;
    answer.status = static_cast<int>(text.size() % 600);
    answer.retry_after = text;
    const core::Exchange exchange{answer};
    const auto& classes = core::answer_classes();
    INVARIANT(
        classes[core::answer_class_index(exchange)] == core::answer_class(exchange), "the set is closed");
    for (const core::Action action : core::actions_of(core::CredentialKind::app)) {
        const core::Meaning meaning = core::classify(action, false, exchange);
        answer.body = text;
        answer.content_type = text;
        INVARIANT(
            core::classify(action, false, core::Exchange{answer}) == meaning,
            "no text of an answer changes what it means");
    }
    INVARIANT(core::retry_after(exchange, now) == core::retry_after(text, now), "the header decides");
}

void check_traceparent(std::string_view text) {
    if (!core::is_traceparent(text)) {
        return;
    }
    INVARIANT(text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-', "it has its fields");
    INVARIANT(
        text.substr(0, 55).find_first_not_of("0123456789abcdef-") == std::string_view::npos,
        "lower case hex");
    INVARIANT(text.substr(0, 2) != "ff", "version ff is forbidden");
    INVARIANT(text.substr(3, 32).find_first_not_of('0') != std::string_view::npos, "a trace has an id");
    INVARIANT(text.substr(36, 16).find_first_not_of('0') != std::string_view::npos, "a parent has an id");
}

void check_time(std::string_view text) {
    const auto time = core::parse_rfc3339(text);
    if (!time) {
        return;
    }
    std::string written;
    core::append_rfc3339(written, *time);
    // An offset may move the first and the last day out of the years that can be written.
    const auto nearest = std::clamp(
        *time, *core::parse_rfc3339("0000-01-01T00:00:00Z"),
        *core::parse_rfc3339("9999-12-31T23:59:59.999Z"));
    INVARIANT(core::parse_rfc3339(written) == nearest, "a time that was read can be written and read again");
}

void check_url(const std::string& text) {
    const auto url = adapters::http2::parse_url(text);
    if (!url) {
        return;
    }
    const auto again = adapters::http2::parse_url("https://" + url->authority() + url->path_prefix);
    INVARIANT(again, "a URL's parts make a URL");
    INVARIANT(
        again->host == url->host && again->port == url->port && again->literal == url->literal &&
            again->path_prefix == url->path_prefix,
        "a URL's parts make the same URL");
    INVARIANT(
        url->authority().find_first_of("@/?# \r\n") == std::string::npos, "an authority is nothing but one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::Bytes input{bytes, size};
    const common::WallTime now{
        std::chrono::milliseconds{1'800'000'000'000 + input.number() % 100'000'000'000}};
    const std::string text{input.rest()};
    check_retry_after(text, now);
    check_answer(text, now);
    check_traceparent(text);
    check_time(text);
    check_url(text);
    INVARIANT(core::same_ignoring_case(text, text), "a text is the same as itself");
    INVARIANT(text.find(core::media_type(text)) != std::string::npos, "a media type is a part of its header");
    static_cast<void>(core::is_json_media_type(text));
    return 0;
}
