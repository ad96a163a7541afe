// What a server says on an HTTP/1.1 connection, through libcurl's own parser: the bytes lie ready in a socket
// pair, then the server's side is closed.
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/exchange_promises.hpp"
#include "worker/adapters/http1/exchange.hpp"

namespace {

using adapters::http1::Exchange;

constexpr std::size_t header_bytes_max = 1024;

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
    fuzz::check(exchange.ended(code), header_bytes_max);
    fuzz::check(exchange.timed_out(), header_bytes_max);
    INVARIANT(
        std::string_view{exchange.problem.data()}.find("not-a-real") == std::string_view::npos,
        "no secret is in what libcurl says");
    exchange.end().reset();
    curl_slist_free_all(address);
    close(ends[1]);
    return 0;
}
