#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "common/secret.hpp"
#include "worker/adapters/auth/ca_file.hpp"
#include "worker/adapters/auth/signed_credentials.hpp"
#include "worker/app/config/rules.hpp"

namespace app {

namespace {

constexpr std::size_t fingerprint_key_bytes_min = 16;

// What a file must look like.
struct Expectation {
    std::string_view rule;
    std::string_view remedy;
    std::string_view marker;  // a text it must contain
    std::size_t bytes_min = 1;
    bool secret = true;   // not for everybody's eyes
    bool folder = false;  // may be one, full of such files
};

constexpr Expectation apple_key{
    "an Apple .p8 file (PEM, BEGIN PRIVATE KEY)",
    "download it from App Store Connect (Users and Access > Integrations > In-App Purchase) and mount it "
    "there",
    "-----BEGIN PRIVATE KEY-----"};
constexpr Expectation identity_key{
    "an Apple .p8 file (PEM, BEGIN PRIVATE KEY)",
    "download it from Apple's developer account (Certificates, Identifiers & Profiles > Keys) and mount it "
    "there",
    "-----BEGIN PRIVATE KEY-----"};
constexpr Expectation certificates{
    "PEM certificates (BEGIN CERTIFICATE)", "remove the key to use the system's certificates",
    "-----BEGIN CERTIFICATE-----", 1, false};
constexpr Expectation damaged_certificates{
    "whole PEM certificates, from BEGIN CERTIFICATE to END CERTIFICATE each",
    "copy the file again, or remove the key to use the system's certificates", ""};
constexpr Expectation fingerprint_key{
    "16 random bytes or more", "head -c 32 /dev/urandom > FILE", "", fingerprint_key_bytes_min};
constexpr Expectation kafka_secret{"a file with the property's value", "mount the secret there", ""};

// Of Kafka's TLS: librdkafka reads these itself when the worker starts, and would end it there.
constexpr std::pair<std::string_view, Expectation> kafka_tls[] = {
    {"ssl.ca.location",
     {"PEM certificates that may sign the brokers', or a folder of them", "mount them there", "", 1, false,
      true}},
    {"ssl.certificate.location",
     {"a PEM certificate (BEGIN CERTIFICATE)", "mount it there", "-----BEGIN CERTIFICATE-----", 1, false}},
    {"ssl.crl.location", {"a list of revoked certificates", "mount it there", "", 1, false}},
    {"ssl.key.location", {"a PEM private key (PRIVATE KEY)", "mount it there", "PRIVATE KEY-----"}},
    {"ssl.keystore.location", {"a PKCS#12 file", "mount it there", ""}},
};

class Files {
public:
    Files(const Checked& checked, NamedFiles named, Report& report)
        : checked_{checked}, named_{named}, report_{report} {}

    // False when the file cannot be used or nobody wants to know; true also when none is named.
    bool look(const std::string& key, const std::string& path, const Expectation& expected) {
        if (path.empty()) {
            return true;
        }
        if (named_ == NamedFiles::skipped) {
            report_.add(
                {Gravity::skipped, checked_.origin(key), key, quoted(path) + " was not looked at",
                 std::string{expected.rule}, ""});
            return false;
        }
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) {
            return refuse(key, fmt::format("{}: {}", quoted(path), reason(errno)), expected);
        }
        if (expected.folder && S_ISDIR(status.st_mode)) {
            return true;
        }
        if (!S_ISREG(status.st_mode)) {
            return refuse(key, quoted(path) + " is not a file", expected);
        }
        std::ifstream file{path, std::ios::binary};
        if (!file) {
            return refuse(key, fmt::format("{}: {}", quoted(path), reason(errno)), expected);
        }
        if (expected.secret && (status.st_mode & S_IROTH) != 0) {
            report_.add(
                {Gravity::warning, checked_.origin(key), key,
                 quoted(path) + " can be read by every user of this machine",
                 "mode 0400, or 0440 with a group of its own", fmt::format("chmod 0400 {}", path)});
        }
        return contents(file, key, path, expected);
    }

    // Asks the code that will sign with it.
    void sign(
        const std::string& key, const std::string& path, const Expectation& expected,
        std::string_view which_key) {
        if (const auto problem = path.empty() ? std::nullopt : auth::key_file_problem(path, which_key)) {
            refuse(key, *problem, expected);
        }
    }

    // Asks as the transports will.
    void trust(const std::string& key, const std::string& path) {
        if (const auto problem = path.empty() ? std::nullopt : auth::ca_file_problem(path)) {
            refuse(key, *problem, damaged_certificates);
        }
    }

private:
    bool contents(
        std::ifstream& file, const std::string& key, const std::string& path, const Expectation& expected) {
        constexpr std::size_t bytes_max = 1U << 20U;
        std::string bytes(bytes_max, '\0');
        file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(file.gcount()));
        bool usable = true;
        if (bytes.empty()) {
            usable = refuse(key, quoted(path) + " is empty", expected);
        } else if (bytes.size() < expected.bytes_min) {
            usable = refuse(key, fmt::format("{} has only {} bytes", quoted(path), bytes.size()), expected);
        } else if (bytes.find(expected.marker) == std::string::npos) {
            usable = refuse(key, quoted(path) + " is something else", expected);
        }
        common::wipe(bytes);
        return usable;
    }

    static std::string reason(int code) {
        return code == ENOENT   ? "there is no such file"
               : code == EACCES ? "no permission to read it"
                                : std::strerror(code);
    }

    bool refuse(const std::string& key, std::string problem, const Expectation& expected) {
        report_.add(
            {Gravity::error, checked_.origin(key), key, std::move(problem), std::string{expected.rule},
             std::string{expected.remedy}});
        return false;
    }

    const Checked& checked_;
    NamedFiles named_;
    Report& report_;
};

}  // namespace

void check_files(const Config& config, const Checked& checked, NamedFiles named, Report& report) {
    Files files{checked, named, report};
    const auto look_at = [&](const std::string& at, const std::vector<KeyConfig>& keys,
                             const Expectation& expected, std::string_view which_key) {
        for (std::size_t k = 0; k < keys.size(); ++k) {
            const std::string key = fmt::format("{}.keys[{}].file", at, k);
            if (files.look(key, keys[k].file, expected)) {
                files.sign(key, keys[k].file, expected, which_key);
            }
        }
    };
    for (std::size_t i = 0; i < config.apps.size(); ++i) {
        look_at(fmt::format("apps[{}]", i), config.apps[i].keys, apple_key, auth::in_app_purchase_key);
    }
    for (std::size_t i = 0; i < config.identity.clients.size(); ++i) {
        look_at(
            fmt::format("sign_in_with_apple.clients[{}]", i), config.identity.clients[i].keys, identity_key,
            auth::sign_in_with_apple_key);
    }
    if (files.look("apple.ca_file", config.apple.ca_file, certificates)) {
        files.trust("apple.ca_file", config.apple.ca_file);
    }
    if (config.receipts.enabled) {
        static_cast<void>(files.look(
            "receipts.fingerprint_key_file", config.receipts.fingerprint_key_file, fingerprint_key));
    }
    for (const auto& [property, path] : config.kafka.properties) {
        if (property.ends_with(".file")) {
            static_cast<void>(files.look("kafka.properties." + property, path, kafka_secret));
        }
    }
    for (const auto& [property, expected] : kafka_tls) {
        const auto given = config.kafka.properties.find(std::string{property});
        // "probe" lets librdkafka look for the system's certificates.
        if (given != config.kafka.properties.end() && given->second != "probe") {
            static_cast<void>(files.look("kafka.properties." + given->first, given->second, expected));
        }
    }
}

}  // namespace app
