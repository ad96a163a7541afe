#include "worker/adapters/http2/stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/http_date.hpp"

namespace adapters::http2 {

namespace {

constexpr std::size_t header_bytes_max = 16UL * 1024;
constexpr std::size_t value_bytes_max = 256;  // of a header that is kept

std::string kept(std::string_view value) {
    return std::string{value.substr(0, value_bytes_max)};
}

int parse_status(std::string_view value) {
    int status = 0;
    std::from_chars(value.data(), value.data() + value.size(), status);
    return status;
}

}  // namespace

void Stream::take(ports::OutgoingRequest request) {
    id = request.id;
    authorization = std::move(request.authorization);
    body = std::move(request.request.body);
    deadline = request.deadline;
    path.clear();
    body_sent = 0;
    answer = {};
    header_bytes = 0;
    serialised = interim = headers_done = complete = reset_by_peer = ended = false;
}

void Stream::forget_secrets() {
    authorization = {};
    body = {};
}

bool Stream::header(std::string_view name, std::string_view value) {
    header_bytes += name.size() + value.size() + 32;
    if (header_bytes > header_bytes_max) {
        return false;
    }
    if (headers_done) {
        return true;
    }
    if (name == ":status") {
        const int status = parse_status(value);
        interim = status < 200;
        answer.status = interim ? 0 : status;
    } else if (interim) {
        return true;
    } else if (name == "date") {
        answer.date = common::parse_http_date(value);
    } else if (name == "content-type") {
        answer.content_type = kept(value);
    } else if (name == "retry-after") {
        answer.retry_after = kept(value);
    }
    return true;
}

bool Stream::body_bytes(std::string_view bytes) {
    const std::size_t room = core::answer_body_bytes_max - answer.body.size();
    answer.body.append(bytes.substr(0, room));
    answer.body_torn = bytes.size() > room;
    return !answer.body_torn;
}

core::Exchange Stream::cut_short(core::LostReason reason, core::NotSentReason otherwise) {
    if (answer.status != 0) {
        answer.body_torn = true;
        return std::move(answer);
    }
    if (serialised) {
        return core::Lost{reason};
    }
    return core::NotSent{otherwise};
}

void DeadlineList::insert(Stream& stream) noexcept {
    Stream* before = last_;
    while (before != nullptr && before->deadline > stream.deadline) {
        before = before->earlier;
    }
    stream.earlier = before;
    stream.later = before == nullptr ? first_ : before->later;
    (before == nullptr ? first_ : before->later) = &stream;
    (stream.later == nullptr ? last_ : stream.later->earlier) = &stream;
}

void DeadlineList::erase(Stream& stream) noexcept {
    (stream.earlier == nullptr ? first_ : stream.earlier->later) = stream.later;
    (stream.later == nullptr ? last_ : stream.later->earlier) = stream.earlier;
    stream.earlier = stream.later = nullptr;
}

}  // namespace adapters::http2
