// Golden texts: what an operator reads when a configuration is wrong. A change here is a change of the
// interface.
#include "worker/app/config/load.hpp"

#include <doctest/doctest.h>

#include "tests/unit/config/temporary_folder.hpp"

namespace {

// A right configuration in six lines, whose key file exists in the folder given.
std::string small_config(const std::string& more = "") {
    return "kafka: {bootstrap_servers: 'localhost:9092', topics: [events]}\n"
           "apps:\n"
           "  - name: tv\n"
           "    bundle_id: com.example.tv\n"
           "    issuer_id: 57246542\n"
           "    keys: [{id: K1, file: key.p8}]\n" +
           more;
}

std::string report_of(const std::string& text, const app::Environment& environment = {}) {
    const test::TemporaryFolder folder;
    static_cast<void>(folder.write("key.p8", test::pem_key()));
    app::Loaded loaded = app::load_text(text, folder.path() + "/worker.yaml", environment);
    CHECK(loaded.config.has_value() == loaded.report.ok());
    loaded.report.file = "worker.yaml";
    return app::render(loaded.report);
}

}  // namespace

TEST_CASE("a small configuration is enough, and the rest is defaults") {
    CHECK(report_of(small_config()) == "no problems; the worker would start\n");
}

TEST_CASE("a wrong value is answered with its place, the rule and what to write") {
    struct Row {
        const char* because;
        const char* more;
        const char* want;
    };
    const Row rows[] = {
        {"below the range, with the consequence", "apple:\n  in_flight_max: 0\n",
         "worker.yaml:8:18: apple.in_flight_max: error: 0 is below 1, so nothing would ever be sent\n"
         "    expected a whole number from 1 to 100000 (default 1000)\n"
         "    try      in_flight_max: 1000\n"},
        {"above the range", "admin: {port: 65536}\n",
         "worker.yaml:7:15: admin.port: error: 65536 is above 65535\n"
         "    expected a whole number from 0 to 65535 (default 9464)\n"
         "    try      port: 9464\n"},
        {"not a number", "apple: {attempts_max: many}\n",
         "worker.yaml:7:23: apple.attempts_max: error: 'many' is not a whole number\n"
         "    expected a whole number from 1 to 1000 (default 10)\n"
         "    try      attempts_max: 10\n"},
        {"a duration without its unit", "drain_timeout: 20\n",
         "worker.yaml:7:16: drain_timeout: error: '20' has no unit; there are ms, s, m, h and d\n"
         "    expected a duration from 0s to 1h (default 20s)\n"
         "    try      drain_timeout: 20s\n"},
        {"a size with a foreign unit", "limits: {bytes_buffered_max: 64MB}\n",
         "worker.yaml:7:30: limits.bytes_buffered_max: error: '64MB' has an unknown unit; there are KiB, MiB "
         "and GiB\n"
         "    expected a size from 1MiB to 64GiB (default 64MiB)\n"
         "    try      bytes_buffered_max: 64MiB\n"},
        {"a choice that is refused on purpose", "log: {level: trace}\n",
         "worker.yaml:7:14: log.level: error: 'trace' is not one of the choices\n"
         "    expected one of debug, info, warning, error (default info)\n"
         "    try      level: info\n"},
        {"YAML 1.1 booleans are not guessed", "receipts: {enabled: yes}\n",
         "worker.yaml:7:21: receipts.enabled: error: 'yes' is neither true nor false\n"
         "    expected true or false (default true)\n"
         "    try      enabled: true\n"},
        {"a misspelt key names its neighbour", "apple: {in_flight: 5}\n",
         "worker.yaml:7:9: apple.in_flight: error: there is no such key\n"
         "    expected a key of the reference (autosignin-worker config-reference)\n"
         "    try      in_flight_max\n"},
        {"a key without its underscores is found", "apple: {inflight: 5}\n",
         "worker.yaml:7:9: apple.inflight: error: there is no such key\n"
         "    expected a key of the reference (autosignin-worker config-reference)\n"
         "    try      in_flight_max\n"},
        {"an entry under a name keeps its name in the remedy",
         "events: {type_aliases: {profile.gone: account.gone.v1}}\n",
         "worker.yaml:7:39: events.type_aliases.profile.gone: error: 'account.gone.v1' is not one of the "
         "choices\n"
         "    expected one of account.password-changed.v1, account.opted-out.v1, account.sign-in-flagged.v1, "
         "account.deleted.v1, account.session-ended.v1, account.session-check.v1, apple.notification.v1\n"
         "    try      profile.gone: account.deleted.v1\n"},
        {"a key in the wrong section is found", "apple: {group_id: a}\n",
         "worker.yaml:7:9: apple.group_id: error: there is no such key\n"
         "    expected a key of the reference (autosignin-worker config-reference)\n"
         "    try      kafka.group_id\n"},
        {"a key like no other gets the list", "commit: {zzzzzz: 1}\n",
         "worker.yaml:7:10: commit.zzzzzz: error: there is no such key\n"
         "    expected one of completions, interval\n"},
        {"a key given twice", "log:\n  level: info\n  level: debug\n",
         "worker.yaml:9:3: log.level: error: given twice; first in line 8\n"
         "    expected every key once in its section\n"
         "    try      keep one of the two\n"},
        {"a value where a section belongs", "commit: 5\n",
         "worker.yaml:7:9: commit: error: this is a single value, not a section\n"
         "    expected a section with completions, interval\n"},
        {"a list where a value belongs", "admin: {port: [1, 2]}\n",
         "worker.yaml:7:15: admin.port: error: this is a list, not a single value\n"
         "    expected a whole number from 0 to 65535 (default 9464)\n"
         "    try      port: 9464\n"},
        {"a key without a value", "drain_timeout:\n",
         "worker.yaml:7:1: drain_timeout: error: it has no value\n"
         "    expected a duration from 0s to 1h (default 20s)\n"
         "    try      drain_timeout: 20s\n"},
        {"a host without TLS", "apple: {endpoints: {sandbox: 'http://localhost:1'}}\n",
         "worker.yaml:7:30: apple.endpoints.sandbox: error: tokens would travel in the clear over http\n"
         "    expected https://host or https://host:port (default "
         "https://api.storekit-sandbox.itunes.apple.com)\n"
         "    try      sandbox: https://api.storekit-sandbox.itunes.apple.com\n"},
        {"a key pasted instead of its path is not repeated",
         "apple: {ca_file: '-----BEGIN PRIVATE KEY----- MIG'}\n",
         "worker.yaml:7:18: apple.ca_file: error: this is the secret itself, not the path of its file\n"
         "    expected the path of a file (default none)\n"
         "    try      ca_file: /etc/ssl/private-ca.pem\n"},
        {"control characters do not reach the terminal", "log: {format: \"a\\e[31m\"}\n",
         "worker.yaml:7:15: log.format: error: 'a\\x1b[31m' is not one of the choices\n"
         "    expected one of auto, json, text (default auto)\n"
         "    try      format: auto\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(
                report_of(small_config(row.more)) ==
                std::string{row.want} + "1 error; the worker would not start\n");
        }
    }
}

TEST_CASE("an empty section is as good as none") {
    CHECK(report_of(small_config("log:\n# level: debug\n")) == "no problems; the worker would start\n");
}

TEST_CASE("everything wrong is reported at once, in the order of the file") {
    CHECK(
        report_of(
            "kafka: {topics: []}\n"
            "apple: {in_flight_max: -1, request_timeout: soon}\n"
            "apps:\n"
            "  - bundle_id: com.example.tv\n"
            "    enviroment: sandbox\n"
            "    keys:\n"
            "      - file: key.p8\n",
            {{"AUTOSIGNIN_LOG__LEVEL", "loud"}}) ==
        "worker.yaml:1:1: kafka.bootstrap_servers: error: it is missing\n"
        "    expected a text\n"
        "    try      bootstrap_servers: kafka-1:9093,kafka-2:9093\n"
        "worker.yaml:1:9: kafka.topics: error: at least one is needed\n"
        "    expected a text of at most 249 characters\n"
        "    try      topics: [account-events]\n"
        "worker.yaml:2:24: apple.in_flight_max: error: -1 is below 1, so nothing would ever be sent\n"
        "    expected a whole number from 1 to 100000 (default 1000)\n"
        "    try      in_flight_max: 1000\n"
        "worker.yaml:2:45: apple.request_timeout: error: 'soon' does not start with a whole number\n"
        "    expected a duration from 100ms to 5m (default 10s)\n"
        "    try      request_timeout: 10s\n"
        "worker.yaml:4:5: apps[0].name: error: it is missing\n"
        "    expected a text of at most 100 characters\n"
        "    try      name: tv\n"
        "worker.yaml:4:5: apps[0].issuer_id: error: it is missing\n"
        "    expected a text of at most 100 characters\n"
        "    try      issuer_id: 57246542-96fe-1a63-e053-0824d011072a\n"
        "worker.yaml:5:5: apps[0].enviroment: error: there is no such key\n"
        "    expected a key of the reference (autosignin-worker config-reference)\n"
        "    try      environment\n"
        "worker.yaml:7:9: apps[0].keys[0].id: error: it is missing\n"
        "    expected a text of at most 64 characters\n"
        "    try      id: 2X9R4HXF34\n"
        "AUTOSIGNIN_LOG__LEVEL: log.level: error: 'loud' is not one of the choices\n"
        "    expected one of debug, info, warning, error (default info)\n"
        "    try      AUTOSIGNIN_LOG__LEVEL=info\n"
        "9 errors; the worker would not start\n");
}

TEST_CASE("combinations that cannot work are found although every value is fine") {
    struct Row {
        const char* because;
        const char* more;
        const char* want;
    };
    const Row rows[] = {
        {"two apps of one name",
         "  - {name: tv, bundle_id: b, issuer_id: i, keys: [{id: K1, file: key.p8}]}\n",
         "worker.yaml:7:12: apps[1].name: error: a second app is called 'tv', so events could not tell them "
         "apart\n"
         "    expected a name of its own for every app\n"
         "1 error; the worker would not start\n"},
        {"waits in the wrong order", "apple: {retry: {base: 2m, longest: 1m}}\n",
         "worker.yaml:7:23: apple.retry.base: error: it is longer than longest\n"
         "    expected base at most as long as longest\n"
         "1 error; the worker would not start\n"},
        {"a breaker that never opens", "apple: {breaker: {failures: 30}}\n",
         "worker.yaml:7:29: apple.breaker.failures: error: 30 failures cannot be among 20 answers, so the "
         "breaker "
         "would never open\n"
         "    expected failures at most as large as window\n"
         "    try      window: 60\n"
         "1 error; the worker would not start\n"},
        {"a proxy that http2 cannot use", "apple: {proxy: 'http://p:3128'}\n",
         "worker.yaml:7:16: apple.proxy: error: the http2 transport cannot use a proxy\n"
         "    expected transport http1 with a proxy\n"
         "    try      transport: http1\n"
         "1 error; the worker would not start\n"},
        {"dead letters that come back", "dead_letters: {topic: events}\n",
         "worker.yaml:7:23: dead_letters.topic: error: dead letters would go to the source topic 'events' "
         "and come "
         "back for ever\n"
         "    expected a topic that is not in kafka.topics\n"
         "    try      topic: \"{topic}.dead-letters\"\n"
         "1 error; the worker would not start\n"},
        {"an unknown placeholder", "dead_letters: {topic: '{app}.dead'}\n",
         "worker.yaml:7:23: dead_letters.topic: error: '{app}.dead' would not be the name of a topic\n"
         "    expected letters, digits, '.', '_' and '-', at most 249, with {topic} and {reason} filled in\n"
         "    try      topic: \"{topic}.dead-letters\"\n"
         "1 error; the worker would not start\n"},
        {"receipts among the dead letters", "receipts: {topic: events.dead-letters}\n",
         "worker.yaml:7:19: receipts.topic: error: 'events.dead-letters' is also a dead-letter topic\n"
         "    expected a topic of its own\n"
         "    try      topic: autosignin-receipts\n"
         "1 error; the worker would not start\n"},
        {"an alias that hides a type", "events: {type_aliases: {account.deleted.v1: account.opted-out.v1}}\n",
         "worker.yaml:7:45: events.type_aliases.account.deleted.v1: error: this is the name of an event "
         "type, not "
         "another name for one\n"
         "    expected a name that the contract does not use\n"
         "    try      remove the line\n"
         "1 error; the worker would not start\n"},
        {"an admin address that is a name", "admin: {address: localhost}\n",
         "worker.yaml:7:18: admin.address: error: 'localhost' is not an IP address\n"
         "    expected an IPv4 or IPv6 address\n"
         "    try      address: 127.0.0.1\n"
         "1 error; the worker would not start\n"},
        {"a timeout beyond the drain is only a warning", "drain_timeout: 5s\n",
         "worker.yaml:1:1: apple.request_timeout: warning: it is longer than drain_timeout, so a stop may "
         "cut "
         "requests short; they are then repeated\n"
         "    expected request_timeout at most as long as drain_timeout\n"
         "    try      a longer drain_timeout\n"
         "1 warning; the worker would start\n"},
        {"a sandbox host for production is only a warning",
         "    base_url: https://api.storekit-sandbox.itunes.apple.com\n",
         "worker.yaml:7:15: apps[0].base_url: warning: a sandbox host for an app in the production "
         "environment\n"
         "    expected a host of the app's environment\n"
         "    try      environment: sandbox\n"
         "1 warning; the worker would start\n"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            CHECK(report_of(small_config(row.more)) == row.want);
        }
    }
}

TEST_CASE("Kafka properties that would break a promise are refused where they stand, without their value") {
    CHECK(
        report_of("kafka:\n"
                  "  bootstrap_servers: b\n"
                  "  topics: [events]\n"
                  "  properties:\n"
                  "    enable.auto.commit: true\n"
                  "    sasl.password: hunter2\n"
                  "apps: [{name: tv, bundle_id: b, issuer_id: i, keys: [{id: K1, file: key.p8}]}]\n") ==
        "worker.yaml:5:25: kafka.properties.enable.auto.commit: error: it commits records that are not "
        "executed "
        "yet, so a crash would lose revocations\n"
        "    try      Remove the key.\n"
        "worker.yaml:6:20: kafka.properties.sasl.password: error: a secret may only come from a file, so "
        "that it "
        "is in no configuration or log\n"
        "    try      Use sasl.password.file with the path of a file.\n"
        "2 errors; the worker would not start\n");
}

// One line said to keep one of the two, the other to use the file: who kept the password was refused again.
TEST_CASE("a secret that is given both ways gets one remedy") {
    const std::string report = report_of(
        "kafka:\n"
        "  bootstrap_servers: b\n"
        "  topics: [events]\n"
        "  properties:\n"
        "    sasl.password: hunter2\n"
        "    sasl.password.file: key.p8\n"
        "apps: [{name: tv, bundle_id: b, issuer_id: i, keys: [{id: K1, file: key.p8}]}]\n");
    CHECK(
        report ==
        "worker.yaml:5:20: kafka.properties.sasl.password: error: a secret may only come from a file, so "
        "that it is in no configuration or log\n"
        "    try      Remove it: sasl.password.file is given as well.\n"
        "1 error; the worker would not start\n");
}

TEST_CASE("what is not a configuration file at all gets a plain answer") {
    const test::TemporaryFolder folder;
    const auto report = [&](const std::string& path) {
        app::Loaded loaded = app::load(path, {});
        CHECK_FALSE(loaded.config.has_value());
        loaded.report.file = "FILE";
        return app::render(loaded.report);
    };
    const std::string verdict = "1 error; the worker would not start\n";
    CHECK(
        report(folder.path() + "/none.yaml") ==
        "FILE: error: there is no such file\n    expected a YAML file\n"
        "    try      --config FILE, or start from worker/worker.example.yaml\n" +
            verdict);
    CHECK(
        report(folder.path()) ==
        "FILE: error: this is a folder\n    expected a YAML file\n    try      the file in it\n" + verdict);
    CHECK(
        report(folder.write("empty.yaml", "# nothing yet\n")) ==
        "FILE: error: the file is empty\n    expected at least kafka and apps\n"
        "    try      start from worker/worker.example.yaml\n" +
            verdict);
    CHECK(
        report(folder.write("directives.yaml", "%%%\n")) ==
        "FILE: error: there is no YAML document in it\n    expected at least kafka and apps\n"
        "    try      start from worker/worker.example.yaml\n" +
            verdict);
    CHECK(
        report(folder.write("huge.yaml", std::string((1U << 20U) + 1, '#'))) ==
        "FILE: error: it is larger than 1 MiB, so it is hardly a configuration\n    expected a YAML file\n"
        "    try      the right file\n" +
            verdict);
    CHECK(
        report(folder.write("torn.yaml", "kafka:\n  topics: [a\napps: 1\n")) ==
        "FILE:3:5: error: not YAML: end of sequence flow not found\n    expected one YAML document\n"
        "    try      look at this line and the one above: indentation, quotes, a tab\n" +
            verdict);
    // The fuzzer found that this took all memory there was: yaml-cpp's LoadAll() reads the rest after a tag
    // as an empty document, and again, and never comes to its end.
    CHECK(
        report(folder.write("rest.yaml", "!!baccount.sign-in-flagged.v1a, b}\n")) ==
        "FILE:1:31: error: not YAML: nothing can begin here\n    expected one YAML document\n"
        "    try      look at this line and the one above: indentation, quotes, a tab\n" +
            verdict);
}

TEST_CASE("a file with several documents says where the second begins") {
    const std::string report = report_of(small_config("") + "---\nlog:\n  format: json\n");
    CAPTURE(report);
    CHECK(report.find("error: the file holds several YAML documents") != std::string::npos);
    CHECK(report.find("remove the lines with ---") != std::string::npos);
    CHECK(report.find("1 error;") != std::string::npos);
}

// The fuzzer found that yaml-cpp quotes what it stumbled on as it is: an escape character in a mounted file
// reached the terminal of whoever looked at the worker's messages.
TEST_CASE("no byte of a file commands the terminal") {
    struct Row {
        const char* because;
        const char* more;
        const char* want;
    };
    const Row rows[] = {
        {"from the library's own sentence", "log: \"\\\x1b[2J\"\n", "unknown escape character: \\x1b"},
        {"from a name that there is not", "? \"log\\e[2J\"\n: 1\n", "log\\x1b[2J"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const std::string report = report_of(small_config(row.more));
            CAPTURE(report);
            CHECK(report.find(row.want) != std::string::npos);
            CHECK(report.find('\x1b') == std::string::npos);
        }
    }
}

TEST_CASE("files that the configuration names are looked at") {
    const test::TemporaryFolder folder;
    const auto report = [&](const std::string& more) {
        app::Loaded loaded = app::load_text(small_config(more), folder.path() + "/worker.yaml", {});
        loaded.report.file = "worker.yaml";
        std::string text = app::render(loaded.report);
        for (std::size_t at = 0; (at = text.find(folder.path())) != std::string::npos;) {
            text.replace(at, folder.path().size(), "DIR");
        }
        return text;
    };
    CHECK(
        report("") ==
        "worker.yaml:6:27: apps[0].keys[0].file: error: 'DIR/key.p8': there is no such file\n"
        "    expected an Apple .p8 file (PEM, BEGIN PRIVATE KEY)\n"
        "    try      download it from App Store Connect (Users and Access > Integrations > In-App Purchase) "
        "and "
        "mount it there\n"
        "1 error; the worker would not start\n");
    static_cast<void>(folder.write("key.p8", "-----BEGIN CERTIFICATE-----"));
    CHECK(report("").find("'DIR/key.p8' is something else\n") != std::string::npos);
    static_cast<void>(folder.write("key.p8", ""));
    CHECK(report("").find("'DIR/key.p8' is empty\n") != std::string::npos);
    const std::string key = folder.write("key.p8", test::pem_key());
    std::filesystem::permissions(key, std::filesystem::perms{0444});
    CHECK(
        report("") ==
        "worker.yaml:6:27: apps[0].keys[0].file: warning: 'DIR/key.p8' can be read by every user of this "
        "machine\n"
        "    expected mode 0400, or 0440 with a group of its own\n"
        "    try      chmod 0400 DIR/key.p8\n"
        "1 warning; the worker would start\n");
    std::filesystem::permissions(key, std::filesystem::perms{0400});
    static_cast<void>(folder.write("short.key", "123"));
    CHECK(
        report("receipts: {fingerprint_key_file: short.key}\n") ==
        "worker.yaml:7:34: receipts.fingerprint_key_file: error: 'DIR/short.key' has only 3 bytes\n"
        "    expected 16 random bytes or more\n"
        "    try      head -c 32 /dev/urandom > FILE\n"
        "1 error; the worker would not start\n");
}

// check-config said that the worker would start; run then ended with code 7, since librdkafka found no
// ca.pem.
TEST_CASE("the files of Kafka's TLS are looked at, though librdkafka reads them") {
    const test::TemporaryFolder folder;
    const auto report = [&](const std::string& properties) {
        static_cast<void>(folder.write("key.p8", test::pem_key()));
        app::Loaded loaded = app::load_text(
            "kafka: {bootstrap_servers: 'localhost:9092', topics: [events], properties: {" + properties +
                "}}\n" + small_config().substr(small_config().find("apps:")),
            folder.path() + "/worker.yaml", {});
        loaded.report.file = "worker.yaml";
        return app::render(loaded.report);
    };
    const std::string fine = "no problems; the worker would start\n";
    const std::string certificate = folder.write("ca.pem", test::pem_certificate());
    const std::string key = folder.write("client.key", test::pem_key());
    std::filesystem::permissions(key, std::filesystem::perms{0400});
    CHECK(report("ssl.ca.location: " + certificate) == fine);
    CHECK(report("ssl.ca.location: " + folder.path()) == fine);
    CHECK(report("ssl.ca.location: probe") == fine);
    CHECK(report("ssl.certificate.location: " + certificate + ", ssl.key.location: " + key) == fine);
    CHECK(
        report("ssl.ca.location: /none/ca.pem") ==
        "worker.yaml:1:94: kafka.properties.ssl.ca.location: error: '/none/ca.pem': there is no such file\n"
        "    expected PEM certificates that may sign the brokers', or a folder of them\n"
        "    try      mount them there\n"
        "1 error; the worker would not start\n");
    CHECK(report("ssl.certificate.location: " + key).find("is something else") != std::string::npos);
    CHECK(report("ssl.key.location: " + certificate).find("is something else") != std::string::npos);
    CHECK(report("ssl.keystore.location: " + folder.path()).find("is not a file") != std::string::npos);
}

// A platform team renders the chart on a laptop or in CI, where no secret is: all but the files can be
// checked there.
TEST_CASE("files can be skipped: each is named, and nothing is promised about it") {
    const test::TemporaryFolder folder;
    const auto report = [&](const std::string& more) {
        app::Loaded loaded =
            app::load_text(small_config(more), folder.path() + "/worker.yaml", {}, app::NamedFiles::skipped);
        CHECK(loaded.config.has_value() == loaded.report.ok());
        loaded.report.file = "worker.yaml";
        return app::render(loaded.report);
    };
    const std::string skipped = report(
        "apple: {ca_file: /s/ca.pem}\n"
        "receipts: {fingerprint_key_file: /s/fingerprint}\n"
        "sign_in_with_apple: {clients: [{client_id: c, team_id: t, keys: [{id: K2, file: /s/k.p8}]}]}\n");
    CHECK(
        skipped ==
        "worker.yaml:6:27: apps[0].keys[0].file: skipped: '" + folder.path() +
            "/key.p8' was not looked at\n"
            "    expected an Apple .p8 file (PEM, BEGIN PRIVATE KEY)\n"
            "worker.yaml:7:18: apple.ca_file: skipped: '/s/ca.pem' was not looked at\n"
            "    expected PEM certificates (BEGIN CERTIFICATE)\n"
            "worker.yaml:8:34: receipts.fingerprint_key_file: skipped: '/s/fingerprint' was not looked at\n"
            "    expected 16 random bytes or more\n"
            "worker.yaml:9:81: sign_in_with_apple.clients[0].keys[0].file: skipped: '/s/k.p8' was not looked "
            "at\n"
            "    expected an Apple .p8 file (PEM, BEGIN PRIVATE KEY)\n"
            "no problems, 4 files skipped; the worker would start, provided that they are as they must be\n");
    CHECK(report("apple: {in_flight_max: 0}\n")
              .ends_with("1 error, 1 file skipped; the worker would not start\n"));
    CHECK(
        report("receipts: {enabled: false, fingerprint_key_file: /s/fingerprint}\n").find("fingerprint") ==
        std::string::npos);
}

// check-config found a BEGIN CERTIFICATE and said that the worker would start; run then ended with code 7.
TEST_CASE("a CA file is loaded as it will be, so that a damaged one is found here") {
    const std::string& whole = test::pem_certificate();
    std::string damaged = whole;
    damaged.replace(damaged.size() / 2, 4, "!!!!");
    struct Row {
        const char* because;
        std::string content;
        const char* problem;  // none: it is fine
    };
    const Row rows[] = {
        {"one certificate", whole, nullptr},
        {"two, with a remark between them", whole + "# the second\n" + whole, nullptr},
        {"cut off", whole.substr(0, whole.size() / 2), "bad end line"},
        {"base64 that is none", damaged, "bad base64 decode"},
        {"base64 of something else", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "wrong tag"},
        {"the second is damaged", whole + damaged, "bad base64 decode"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const test::TemporaryFolder folder;
            static_cast<void>(folder.write("key.p8", test::pem_key()));
            const std::string ca = folder.write("ca.pem", row.content);
            app::Loaded loaded = app::load_text(
                small_config("apple: {ca_file: ca.pem}\n"), folder.path() + "/worker.yaml", {});
            loaded.report.file = "worker.yaml";
            CHECK(
                app::render(loaded.report) ==
                (row.problem == nullptr
                     ? "no problems; the worker would start\n"
                     : "worker.yaml:7:18: apple.ca_file: error: '" + ca +
                           "' holds a certificate that cannot be loaded: " + row.problem +
                           "\n    expected whole PEM certificates, from BEGIN CERTIFICATE to END CERTIFICATE "
                           "each\n    try      copy the file again, or remove the key to use the system's "
                           "certificates\n1 error; the worker would not start\n"));
        }
    }
}

TEST_CASE("the example file is right but for the secrets, which the environment can place elsewhere") {
    const test::TemporaryFolder folder;
    const app::Loaded loaded = app::load(
        AUTOSIGNIN_SOURCE_DIR "/worker/worker.example.yaml",
        {{"AUTOSIGNIN_APPS__0__KEYS__0__FILE", folder.write("key.p8", test::pem_key())},
         {"AUTOSIGNIN_SIGN_IN_WITH_APPLE__CLIENTS__0__KEYS__0__FILE",
          folder.write("client.p8", test::pem_key())},
         {"AUTOSIGNIN_RECEIPTS__FINGERPRINT_KEY_FILE", folder.write("fingerprint", std::string(32, 'f'))},
         {"AUTOSIGNIN_KAFKA__PROPERTIES", "sasl.password.file=" + folder.write("password", "x")}});
    CHECK(app::render(loaded.report) == "no problems; the worker would start\n");
}

TEST_CASE("clients of Sign in with Apple are read beside the apps, and need none") {
    const test::TemporaryFolder folder;
    folder.write("key.p8", test::pem_key());
    const auto loaded = [&](const std::string& more) {
        return app::load_text(small_config(more), folder.path() + "/worker.yaml", {});
    };
    CHECK(loaded("").config->identity.clients.empty());
    CHECK(loaded("").config->identity.endpoint == "https://appleid.apple.com");

    const app::Loaded two = loaded(
        "sign_in_with_apple:\n"
        "  endpoint: https://localhost:8443\n"
        "  audiences: [com.example.app]\n"
        "  clients:\n"
        "    - {client_id: com.example.tv, team_id: T, keys: [{id: A, file: key.p8}]}\n"
        "    - {client_id: com.example.web, team_id: T, secret_lifetime: 10m,\n"
        "       keys: [{id: A, file: key.p8}, {id: B, file: key.p8}]}\n");
    REQUIRE(two.config);
    const app::IdentityConfig& config = two.config->identity;
    CHECK(config.endpoint == "https://localhost:8443");
    CHECK(config.audiences == std::vector<std::string>{"com.example.app"});
    REQUIRE(config.clients.size() == 2);
    CHECK(config.clients[0].client_id == "com.example.tv");
    CHECK(config.clients[0].secret_lifetime == std::chrono::hours{1});
    CHECK(config.clients[1].secret_lifetime == std::chrono::minutes{10});
    CHECK(config.clients[1].keys[1].file == folder.path() + "/key.p8");
}

TEST_CASE("what is wrong with a client is said with its remedy") {
    struct Row {
        const char* because;
        const char* client;  // the first; a second one is called "b"
        const char* says;
    };
    const Row rows[] = {
        {"no team", "{client_id: a, keys: [{id: A, file: key.p8}]}",
         "sign_in_with_apple.clients[0].team_id: error: it is missing"},
        {"no keys", "{client_id: a, team_id: T}",
         "sign_in_with_apple.clients[0].keys: error: at least one is needed"},
        {"listed twice", "{client_id: b, team_id: T, keys: [{id: A, file: key.p8}]}",
         "sign_in_with_apple.clients[1].client_id: error: a second client is called 'b'"},
        {"a key listed twice",
         "{client_id: a, team_id: T, keys: [{id: A, file: key.p8}, {id: A, file: key.p8}]}",
         "sign_in_with_apple.clients[0].keys[1].id: error: 'A' is given twice for this client"},
        {"a secret beyond six months",
         "{client_id: a, team_id: T, secret_lifetime: 183d, keys: [{id: A, file: key.p8}]}",
         "sign_in_with_apple.clients[0].secret_lifetime: error: "},
        {"another kind of file", "{client_id: a, team_id: T, keys: [{id: A, file: other.pem}]}",
         "keys[0].file: error: "},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const test::TemporaryFolder folder;
            folder.write("key.p8", test::pem_key());
            folder.write("other.pem", test::pem_certificate());
            const app::Loaded loaded = app::load_text(
                small_config(
                    "sign_in_with_apple:\n  clients:\n    - " + std::string{row.client} +
                    "\n    - {client_id: b, team_id: T, keys: [{id: A, file: key.p8}]}\n"),
                folder.path() + "/worker.yaml", {});
            CHECK_FALSE(loaded.config);
            CHECK(app::render(loaded.report).find(row.says) != std::string::npos);
        }
    }
}
