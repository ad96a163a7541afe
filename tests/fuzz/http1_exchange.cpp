// What a server says on an HTTP/1.1 connection, through libcurl's own parser: the bytes lie ready in a socket
// pair, then the server's side is closed.
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "worker/adapters/http1/exchange.hpp"
#include "worker/core/outcome/classify.hpp"
#include "worker/core/outcome/retry_after.hpp"

namespace {

using adapters::http1::Exchange;
using namespace std::chrono_literals;

// libcurl takes a connection that is already made; it closes the socket.
curl_socket_t hand_over(void* fd, curlsocktype, curl_sockaddr*) {
    return *static_cast<int*>(fd);
}
int already_connected(void*, curl_socket_t, curlsocktype) {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

ports::OutgoingRequest request() {
    ports::OutgoingRequest request;
    request.id = core::ExchangeId{1};
    request.request.path = "/account/v1/autoSignIn/delete";
    request.request.content_type = "application/json";
    request.request.body = common::Secret{"{}"};
    request.authorization = common::Secret{"Bearer not-a-real-jwt"};
    return request;
}

void check(const core::Exchange& exchange) {
    const auto* answer = std::get_if<core::Answer>(&exchange);
    if (answer != nullptr) {
        INVARIANT(answer->status >= 200 && answer->status <= 999, "an answer has a final status");
        INVARIANT(answer->body.size() <= core::answer_body_bytes_max, "a body is bounded");
        INVARIANT(!answer->retry_after || answer->retry_after->size() <= 1024, "a header is bounded");
        INVARIANT(!answer->content_type || answer->content_type->size() <= 1024, "a header is bounded");
    }
    const common::WallTime now{std::chrono::milliseconds{1'800'000'000'000}};
    const auto wait = core::retry_after(exchange, now);
    INVARIANT(!wait || (*wait >= 1s && *wait <= 1h), "a wait is bounded");
    for (const core::Action action : core::actions) {
        const core::Meaning meaning = core::classify(action, false, exchange);
        INVARIANT(
            answer != nullptr || std::holds_alternative<core::Retry>(meaning),
            "without an answer nothing is decided");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    INVARIANT(ready, "libcurl starts");
    int ends[2];
    INVARIANT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair can be had");
    const std::string_view said = fuzz::Bytes{bytes, size}.rest();
    if (send(ends[1], said.data(), said.size(), MSG_DONTWAIT) < 0 || shutdown(ends[1], SHUT_WR) != 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;  // more than the socket holds
    }
    adapters::http1::Connections connections;
    Exchange exchange{request(), connections};
    exchange.easy.reset(curl_easy_init());
    CURL* const easy = exchange.easy.get();
    exchange.begin(easy, "http://apple.test");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_slist* const address = curl_slist_append(nullptr, "apple.test:80:127.0.0.1");
    curl_easy_setopt(easy, CURLOPT_RESOLVE, address);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &hand_over);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &ends[0]);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &already_connected);
    const CURLcode code = curl_easy_perform(easy);
    INVARIANT(code != CURLE_OPERATION_TIMEDOUT, "a server that closed keeps nobody waiting");
    check(exchange.ended(code));
    check(exchange.timed_out());
    INVARIANT(
        std::string_view{exchange.problem.data()}.find("not-a-real") == std::string_view::npos,
        "no secret is in what libcurl says");
    exchange.end().reset();
    curl_slist_free_all(address);
    close(ends[1]);
    return 0;
}
