// A Kafka password that is rotated while the worker runs. The embedded broker has no SASL, so this one speaks
// just enough of PLAIN: it writes down the password and hangs up.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/transport_folder.hpp"
#include "tests/support/loopback_listener.hpp"
#include "worker/adapters/kafka/client.hpp"

namespace {

using namespace std::chrono_literals;

class RefusingBroker {
public:
    RefusingBroker() : thread_{[this] { serve(); }} {}
    RefusingBroker(const RefusingBroker&) = delete;
    RefusingBroker& operator=(const RefusingBroker&) = delete;
    // Clients must be gone: a connection that stays silent is waited for.
    ~RefusingBroker() {
        listener_.interrupt();
        thread_.join();
    }

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(listener_.port()); }
    [[nodiscard]] bool was_told(std::string_view password) {
        const std::lock_guard lock{mutex_};
        for (const std::string& told : passwords_) {
            if (told == password) {
                return true;
            }
        }
        return false;
    }

private:
    // One frame: its size in four bytes, then itself.
    static bool receive(int fd, std::string& frame) {
        std::uint32_t size = 0;
        if (recv(fd, &size, sizeof size, MSG_WAITALL) != sizeof size) {
            return false;
        }
        frame.resize(std::min<std::size_t>(ntohl(size), 4096));
        return recv(fd, frame.data(), frame.size(), MSG_WAITALL) == static_cast<ssize_t>(frame.size());
    }

    // `answer` to a request, under its correlation id.
    static void reply(int fd, const std::string& request, const std::string& answer) {
        const auto size = static_cast<char>(answer.size() + 4);
        const std::string frame = std::string(3, '\0') + size + request.substr(4, 4) + answer;
        send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
    }

    void talk(int fd) {
        using namespace std::string_literals;
        std::string versions;  // ApiVersions 3: we know SaslHandshake 0 and ApiVersions 0 to 3
        std::string handshake;
        std::string token;  // bare after that version of the handshake: "", the user, the password
        if (!receive(fd, versions) || versions.size() < 8) {
            return;
        }
        reply(fd, versions, "\0\0\3\0\x11\0\0\0\0\0\0\x12\0\0\0\3\0\0\0\0\0\0"s);
        if (!receive(fd, handshake) || handshake.size() < 8) {
            return;
        }
        reply(fd, handshake, "\0\0\0\0\0\1\0\5PLAIN"s);
        if (receive(fd, token)) {
            const std::lock_guard lock{mutex_};
            passwords_.push_back(token.substr(token.rfind('\0') + 1));
        }
    }

    void serve() {
        while (true) {
            const int fd = accept(listener_.fd(), nullptr, nullptr);
            if (fd < 0) {
                return;
            }
            talk(fd);
            close(fd);
        }
    }

    test_support::LoopbackListener listener_;
    std::mutex mutex_;
    std::vector<std::string> passwords_;
    std::thread thread_;
};

struct Journal final : ports::Journal {
    [[nodiscard]] bool wants(core::Severity) const override { return true; }
    void write(const core::Say& line) override { lines.push_back(line); }
    [[nodiscard]] bool told(std::string_view event) const {
        for (const core::Say& line : lines) {
            if (line.event == event) {
                return true;
            }
        }
        return false;
    }
    std::vector<core::Say> lines;
};

void write(const std::filesystem::path& path, std::string_view content) {
    const std::filesystem::path fresh = path.string() + ".new";
    std::ofstream{fresh} << content << '\n';
    std::filesystem::rename(fresh, path);
}

// Serves the client's callbacks until `done`; false after half a minute.
bool poll_until(kafka::Client& client, const std::function<bool()>& done) {
    const common::Instant limit = kafka::steady_now() + 30s;
    while (!done() && kafka::steady_now() < limit) {
        rd_kafka_poll(client.handle(), 20);
    }
    return done();
}

}  // namespace

// Password files were read once, at start: after a rotation the brokers refused the worker for ever, until
// somebody restarted it.
TEST_CASE("kafka: a rotated password is used without a restart") {
    const transport_test::Folder folder;
    const auto password = folder.path() / "password";
    const auto key = folder.path() / "key-password";
    write(password, "old-secret");
    write(key, "old-key-secret");

    RefusingBroker broker;
    Journal journal;
    kafka::Client client{"producer", journal};
    kafka::KafkaSettings settings;
    settings.bootstrap_servers = broker.address();
    settings.statistics_interval = 20ms;
    settings.properties = {
        {"security.protocol", "sasl_plaintext"},
        {"sasl.mechanisms", "PLAIN"},
        {"sasl.username", "worker"},
        {"sasl.password.file", password.string()},
        {"ssl.key.password.file", key.string()},
        {"reconnect.backoff.ms", "10"},
        {"reconnect.backoff.max.ms", "20"},
    };
    auto conf = client.configure(settings, {}, {});
    REQUIRE(conf);
    REQUIRE(client.open(std::move(*conf), false));

    REQUIRE(poll_until(client, [&] { return broker.was_told("old-secret"); }));
    write(password, "new-secret");
    CHECK(poll_until(client, [&] { return broker.was_told("new-secret"); }));
    CHECK(journal.told("kafka_password_changed"));
    CHECK_FALSE(journal.told("kafka_restart_needed"));

    write(key, "new-key-secret");
    CHECK(poll_until(client, [&] { return journal.told("kafka_restart_needed"); }));
    for (const core::Say& line : journal.lines) {
        CAPTURE(line.message);
        CHECK(line.message.find("-secret") == std::string::npos);
    }
}
