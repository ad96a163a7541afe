#include "tests/bench/servers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "tests/bench/events.hpp"
#include "tests/kafka/require.hpp"

namespace bench {
namespace {

using std::chrono::seconds;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << text;
    lane::require(out.good(), "cannot write " + file.string());
}

lane::Child start(const std::filesystem::path& folder, const char* name, std::vector<std::string> arguments) {
    return lane::Child{
        {.arguments = std::move(arguments),
         .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
         .output_file = (folder / fmt::format("{}.log", name)).string()}};
}

}  // namespace

std::uint16_t free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t bytes = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool had = bind(fd, generic, bytes) == 0 && getsockname(fd, generic, &bytes) == 0;
    close(fd);
    lane::require(had, "the loopback interface has no free port");
    return ntohs(address.sin_port);
}

void wait_for_port(std::uint16_t port) {
    const auto listens = [port] {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(port);
        const bool there = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        close(fd);
        return there;
    };
    lane::require(lane::until(listens, seconds{10}), fmt::format("nothing listens on port {}", port));
}

Server start_nginx(const std::filesystem::path& folder, const dev::Certificates& certificates) {
    const std::uint16_t port = free_port();
    const std::filesystem::path prefix = folder / "nginx";
    // keepalive_requests: by default nginx says GOAWAY after 1000 requests.
    write_file(
        prefix / "nginx.conf",
        fmt::format(
            R"(daemon off;
master_process off;
pid {0}/nginx.pid;
error_log {0}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    http2_max_concurrent_streams 1000;
    server {{
        listen 127.0.0.1:{1} ssl http2;
        ssl_certificate {2};
        ssl_certificate_key {3};
        ssl_protocols TLSv1.3;
        location / {{ return 204; }}
    }}
}}
)",
            prefix.string(), port, certificates.certificate_file.string(), certificates.key_file.string()));
    Server server{
        port, start(
                  folder, "nginx",
                  {"/usr/sbin/nginx", "-p", prefix.string(), "-e", (prefix / "error.log").string(), "-c",
                   (prefix / "nginx.conf").string()})};
    wait_for_port(port);
    return server;
}

Server start_nghttpd(const std::filesystem::path& folder, const dev::Certificates& certificates) {
    const std::uint16_t port = free_port();
    const std::filesystem::path documents = folder / "nghttpd";
    std::filesystem::create_directories(documents);
    Server server{
        port, start(
                  folder, "nghttpd",
                  {"/usr/sbin/nghttpd", "--address=127.0.0.1", "--htdocs=" + documents.string(),
                   "--max-concurrent-streams=100", fmt::to_string(port), certificates.key_file.string(),
                   certificates.certificate_file.string()})};
    wait_for_port(port);
    return server;
}

double h2load(const std::filesystem::path& folder, std::uint16_t port, const Load& load) {
    const std::filesystem::path body = folder / "body.json";
    const std::filesystem::path output = folder / "h2load.log";
    constexpr std::string_view frame = R"({"autoSignInTokenValue":""})";
    write_file(
        body, fmt::format(R"({{"autoSignInTokenValue":"{:a<{}}"}})", "", request_body_bytes - frame.size()));
    std::filesystem::remove(output);
    lane::Child child = start(
        folder, "h2load",
        {"/usr/bin/h2load", "-t", "1", "-n", fmt::to_string(load.requests), "-c",
         fmt::to_string(load.connections), "-m", fmt::to_string(load.streams), "-d", body.string(), "-H",
         "content-type: application/json", "-H",
         fmt::format("authorization: Bearer {:x<{}}", "", authorization_bytes - 7),
         fmt::format("https://127.0.0.1:{}/account/v1/autoSignIn/delete", port)});
    lane::require(child.wait(seconds{300}) == 0, "h2load failed, see " + output.string());
    std::ifstream file{output};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::smatch rate;
    std::smatch done;
    const bool read = std::regex_search(text, rate, std::regex{R"(finished in \S+, ([0-9.]+) req/s)"}) &&
                      std::regex_search(text, done, std::regex{"([0-9]+) done,.* 0 errored, 0 timeout"});
    lane::require(
        read && std::stoull(done[1]) == load.requests, "h2load did not succeed, see " + output.string());
    return std::stod(rate[1]);
}

}  // namespace bench
