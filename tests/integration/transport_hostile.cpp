// Servers that are not who they should be, or never finish to say who they are: what every transport makes of
// them.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "tests/integration/hostile_world.hpp"

namespace transport_test {

namespace {

using namespace std::chrono_literals;

// The highest that this process ever held, in KiB.
long resident_highest() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stol(line.substr(6));
        }
    }
    return 0;
}

TransportOptions aimed_at(const World& world, const HostileServer& server, common::Duration establish) {
    TransportOptions options = world.defaults;
    options.base_url = server.url();
    options.connections_max = 1;
    options.establish = establish;
    return options;
}

dev::Certificates flawed(World& world, const dev::CertificateFlaws& flaws) {
    const auto written = dev::write_certificates(world.folder.path(), flaws);
    REQUIRE(written);
    return *written;
}

}  // namespace

HostileWorld::HostileWorld(
    Misbehaviour misbehaviour, const dev::CertificateFlaws& flaws, common::Duration establish)
    : server{flawed(world, flaws), speaks_http2() ? "h2" : "http/1.1", std::move(misbehaviour)} {
    world.use_transport(aimed_at(world, server, establish));
}

std::string HostileWorld::ask(common::Duration timeout) {
    resident_before_ = resident_highest();
    const common::Instant before = world.clock.now().steady;
    const std::string end = world.ask(++requests_, timeout);
    CHECK(world.clock.now().steady - before < timeout + 3s);
    return end;
}

void HostileWorld::told(std::string_view event, ports::ConnectionEnd reason, std::string_view words) {
    CAPTURE(event);
    CAPTURE(world.notices.empty() ? std::string{"nothing"} : world.notices.front().message);
    REQUIRE(world.told(event) == 1);
    for (const core::Say& line : world.notices) {
        CAPTURE(line.message);
        CHECK(line.message.find("not-a-real") == std::string::npos);
        if (line.event != event) {
            continue;
        }
        CHECK(line.message.find(words) != std::string::npos);
        const std::pair<std::string, std::string> field{"reason", ports::end_name(reason)};
        CHECK(std::ranges::any_of(line.fields, [&](const auto& one) {
            return one.first == field.first && one.second == field.second;
        }));
    }
    CHECK(ended(reason) > 0);
}

std::uint64_t HostileWorld::ended(ports::ConnectionEnd reason) {
    return stats_of(*world.transport).connections_ended.at(static_cast<std::size_t>(reason));
}

bool HostileWorld::memory_is_bounded() {
#ifdef AUTOSIGNIN_SANITIZED
    constexpr long quarantine = 256L * 1024;  // freed memory that the address sanitizer keeps
#else
    constexpr long quarantine = 0;
#endif
    constexpr long bound = 24L * 1024 + quarantine;
    const long grown = resident_highest() - resident_before_;
    MESSAGE("grew by " << grown << " KiB while the server sent " << server.bytes_sent() << " bytes");
    return grown < bound;
}

}  // namespace transport_test

namespace {

using ports::ConnectionEnd;
using transport_test::HostileWorld;
using transport_test::Misbehaviour;
using transport_test::speaks_http2;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("hostile: a certificate that is not good is refused with its flaw, and learns nothing") {
    struct Row {
        const char* because;
        dev::CertificateFlaws flaws;
        bool unknown_ca;
        const char* http1_event;
        const char* http2_words;
        const char* http1_words;
    };
    constexpr const char* refused = "http1_certificate_refused";
    const Row rows[] = {
        {"expired", {.starts_in = -2h, .ends_in = -1h}, false, refused, "expired", "expired"},
        {"not valid yet", {.starts_in = 1h}, false, refused, "not yet valid", "not yet valid"},
        {"for another host",
         {.host = "other.example"},
         false,
         "http1_certificate_name",
         "hostname mismatch",
         "matches target host name"},
        {"self-signed", {.self_signed = true}, false, refused, "self-signed", "self-signed"},
        {"for clients, not for servers",
         {.purpose = "clientAuth"},
         false,
         refused,
         "unsuitable certificate purpose",
         "unsuitable certificate purpose"},
        {"of a CA that nobody named",
         {},
         true,
         refused,
         "unable to get local issuer certificate",
         "unable to get local issuer certificate"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            HostileWorld hostile{{}, row.flaws};
            transport_test::Folder elsewhere;
            if (row.unknown_ca) {
                const auto other = dev::write_certificates(elsewhere.path());
                REQUIRE(other);
                transport_test::TransportOptions options = hostile.world.defaults;
                options.base_url = hostile.server.url();
                options.ca_file = other->ca_file.string();
                hostile.world.use_transport(options);
            }
            CHECK(hostile.ask(5s) == "not sent: no_connection");
            CHECK(hostile.server.requests() == 0);
            hostile.told(
                speaks_http2() ? "http2_certificate_refused" : row.http1_event, ConnectionEnd::tls_failed,
                speaks_http2() ? row.http2_words : row.http1_words);
        }
    }
}

TEST_CASE("hostile: TLS 1.1 is too old, whatever the certificate") {
    HostileWorld hostile{{.tls_1_1 = true}};
    CHECK(hostile.ask(5s) == "not sent: no_connection");
    CHECK(hostile.server.requests() == 0);
    hostile.told(
        speaks_http2() ? "http2_tls_failed" : "http1_tls_failed", ConnectionEnd::tls_failed, "protocol");
}

TEST_CASE("hostile: what answers is not TLS") {
    HostileWorld hostile{{.instead_of_tls = "HTTP/1.1 400 Bad Request\r\n\r\n"}};
    CHECK(hostile.ask(5s) == "not sent: no_connection");
    hostile.told(
        speaks_http2() ? "http2_tls_failed" : "http1_tls_failed", ConnectionEnd::tls_failed, "wrong version");
}

TEST_CASE("hostile: a handshake that stalls is given up in its own time, not in the request's") {
    // The head of a ServerHello of 122 bytes, of which two come.
    HostileWorld hostile{{.instead_of_tls = std::string{"\x16\x03\x03\x00\x7a\x02\x00", 7}}, {}, 300ms};
    CHECK(hostile.ask(20s) == "not sent: no_connection");
    if (speaks_http2()) {
        hostile.told("http2_tls_failed", ConnectionEnd::tls_failed, "no answer in time");
    } else {
        hostile.told("http1_connect_failed", ConnectionEnd::connect_failed, "SSL connection timeout");
    }
}
