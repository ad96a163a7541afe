#include "worker/adapters/http1/exchange.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/http_date.hpp"
#include "common/invariant.hpp"

namespace adapters::http1 {
namespace {

constexpr std::size_t field_bytes_max = 1024;
// libcurl keeps every header line, and sets no limit to trailers.
constexpr std::size_t head_bytes_max = 16UL * 1024;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool named(std::string_view line, std::string_view name) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           std::equal(name.begin(), name.end(), line.begin(), [](char lower, char letter) {
               return lower == (letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter);
           });
}

// 0 where the line is no status line as RFC 9112 has it: libcurl is more patient.
int status_of(std::string_view line) {
    const std::string_view rest = line.substr(std::min(line.find(' '), line.size() - 1) + 1);
    const std::string_view digits = rest.substr(0, std::min(rest.find_first_of(" \r\n"), rest.size()));
    int status = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size() && digits.size() == 3;
    return line.starts_with("HTTP/") && whole && status >= 100 ? status : 0;
}

}  // namespace

void EasyFree::operator()(CURL* easy) const noexcept {
    curl_easy_cleanup(easy);
}

HeaderLines::~HeaderLines() {
    for (curl_slist* line = lines_; line != nullptr; line = line->next) {
        explicit_bzero(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(lines_);
}

void HeaderLines::add(std::string line) {
    lines_ = curl_slist_append(lines_, line.c_str());
    INVARIANT(lines_ != nullptr, "out of memory");
    common::wipe(line);
}

void Exchange::begin(CURL* handle, const std::string& base_url) {
    static_assert(sizeof problem >= CURL_ERROR_SIZE);
    url = base_url + std::string{request.request.path};
    if (!request.authorization.empty()) {
        lines.add("authorization: " + std::string{request.authorization.expose()});
    }
    const bool has_body = !request.request.content_type.empty();
    if (has_body) {
        lines.add("content-type: " + std::string{request.request.content_type});
        lines.add("expect:");  // libcurl would ask for 100-continue before large bodies
    }
    const std::string_view body = request.request.body.expose();
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines.get());
    if (has_body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    } else {
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);  // a handle that is used again may have posted before
    }
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &Exchange::on_request);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, problem.data());
    curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
}

EasyPtr Exchange::end() {
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, nullptr);
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, nullptr);
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);
    return std::move(easy);
}

int Exchange::on_open_socket(void* self, int, curl_sockaddr* address) noexcept {
    const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) {
        static_cast<Exchange*>(self)->connections.opened(fd, self);
    }
    return fd;
}

// Called when the connection is up (TLS and CONNECT included), before the first byte of the request. The
// second call of one exchange is libcurl's own repetition on a fresh connection: refused, see the transport's
// header.
int Exchange::on_request(void* self, char*, char*, int, int) noexcept {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.connections.usable(self);
    const bool repeated = std::exchange(exchange.sent, true);
    return repeated ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.bytes_received += size;
    exchange.head_bytes += size;
    if (exchange.head_bytes > head_bytes_max) {
        return 0;  // ends the transfer
    }
    exchange.header({bytes, size});
    return size;
}

void Exchange::header(std::string_view line) {
    if (headers_done) {
        return;  // a trailer
    }
    if (!inside_head) {
        inside_head = true;
        answer = {};  // an interim answer's headers are not the final one's
        answer.status = status_of(line);
        return;
    }
    if (trimmed(line).empty()) {
        inside_head = false;
        headers_done = answer.status >= 200;
        return;
    }
    const std::string_view value = trimmed(line.substr(std::min(line.find(':') + 1, line.size())));
    if (value.size() > field_bytes_max) {
        return;
    }
    if (named(line, "retry-after")) {
        answer.retry_after = std::string{value};
    } else if (named(line, "content-type")) {
        answer.content_type = std::string{value};
    } else if (named(line, "date")) {
        answer.date = common::parse_http_date(value);
    }
}

std::size_t Exchange::on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.bytes_received += size;
    core::Answer& answer = exchange.answer;
    const std::size_t room = core::answer_body_bytes_max - answer.body.size();
    answer.body.append(bytes, std::min(size, room));
    answer.body_torn = size > room;
    return std::min(size, room);  // less than `size` ends the transfer: nothing more is wanted
}

core::Exchange Exchange::ended(int code) const {
    if (headers_done) {
        core::Answer seen = answer;
        seen.body_torn = seen.body_torn || code != CURLE_OK;
        return seen;
    }
    if (!sent) {
        return core::NotSent{core::NotSentReason::no_connection};
    }
    const bool nonsense = code == CURLE_OK || code == CURLE_WEIRD_SERVER_REPLY ||
                          code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WRITE_ERROR;
    return core::Lost{nonsense ? core::LostReason::protocol : core::LostReason::reset};
}

core::Exchange Exchange::timed_out() const {
    if (headers_done) {
        core::Answer seen = answer;
        seen.body_torn = true;
        return seen;
    }
    if (!sent) {
        return core::NotSent{core::NotSentReason::deadline_before_sending};
    }
    return core::Lost{core::LostReason::deadline};
}

}  // namespace adapters::http1
