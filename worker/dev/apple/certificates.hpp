// Keys and certificates for servers on loopback and for made-up apps. Never for anything else: the CA's key
// is thrown away, everything is valid for a month.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/result.hpp"

namespace dev {

struct Certificates {
    std::filesystem::path ca_file;           // what a client must trust
    std::filesystem::path certificate_file;  // localhost, 127.0.0.1, ::1
    std::filesystem::path key_file;
};

// For tests of clients: what a client must refuse.
struct CertificateFlaws {
    std::string host{};  // the only name to certify; empty: localhost and its addresses
    std::chrono::seconds starts_in = std::chrono::hours{-1};  // backdated: clocks of containers differ
    std::chrono::seconds ends_in = std::chrono::days{30};
    bool self_signed = false;            // by its own key; the CA is not involved
    std::string purpose = "serverAuth";  // the extended key usage
};

// Makes a CA and a server certificate signed by it (EC P-256) and writes them as PEM into `directory`, which
// is created if missing: ca.pem, server.pem, server.key. Existing files are replaced.
[[nodiscard]] common::Result<Certificates> write_certificates(
    const std::filesystem::path& directory, const CertificateFlaws& flaws = {});

// A fresh In-App Purchase key as App Store Connect hands it out: PKCS#8 PEM, P-256.
[[nodiscard]] common::Result<std::string> new_app_key();

// Replaces `file`, readable by its owner alone.
[[nodiscard]] common::Result<bool> write_private_file(
    const std::filesystem::path& file, const std::string& text);

}  // namespace dev
