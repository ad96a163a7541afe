// What a server says on an HTTP/1.1 connection, through libcurl's own parser: it connects to a UNIX socket,
// is told everything at once, then the server's side is closed.
#include <curl/curl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "common/invariant.hpp"
#include "tests/fuzz/bytes.hpp"
#include "tests/fuzz/exchange_promises.hpp"
#include "worker/adapters/http1/exchange.hpp"

namespace {

using adapters::http1::Exchange;

constexpr std::size_t header_bytes_max = 1024;

// In the abstract namespace: no file, no port, and nothing is left behind.
class Listener {
public:
    Listener() : name_{"autosignin-fuzz-" + std::to_string(getpid())} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(&address.sun_path[1], name_.data(), name_.size());
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
        INVARIANT(
            bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0 && listen(fd_, 1) == 0,
            "a socket can be had");
    }
    [[nodiscard]] const char* name() const { return name_.c_str(); }
    [[nodiscard]] int accept() const { return accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }

private:
    std::string name_;
    int fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);  // as long as the process
};

// How the exchange ended, with a server that says `said`.
CURLcode perform(CURL* easy, const Listener& listener, std::string_view said) {
    CURLM* const multi = curl_multi_init();
    curl_multi_add_handle(multi, easy);
    int running = 1;
    curl_multi_perform(multi, &running);
    const int server = listener.accept();
    INVARIANT(server >= 0, "libcurl connects, or nothing here is tested");
    INVARIANT(
        send(server, said.data(), said.size(), MSG_DONTWAIT) == static_cast<ssize_t>(said.size()) &&
            shutdown(server, SHUT_WR) == 0,
        "a socket holds every input");
    while (running > 0) {
        curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
        curl_multi_perform(multi, &running);
    }
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi, &left);
    INVARIANT(message != nullptr && message->msg == CURLMSG_DONE, "an exchange ends once");
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi, easy);
    curl_multi_cleanup(multi);
    close(server);
    return code;
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
    static const Listener listener;
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
    curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, listener.name());
    const CURLcode code = perform(easy, listener, fuzz::Bytes{bytes, size}.rest());
    INVARIANT(code != CURLE_OPERATION_TIMEDOUT, "a server that closed keeps nobody waiting");
    fuzz::check(exchange.ended(code), header_bytes_max);
    fuzz::check(exchange.timed_out(), header_bytes_max);
    INVARIANT(
        std::string_view{exchange.problem.data()}.find("not-a-real") == std::string_view::npos,
        "no secret is in what libcurl says");
    exchange.end().reset();
    return 0;
}
