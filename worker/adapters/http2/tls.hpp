// TLS over a non-blocking socket: verified, TLS 1.2 or newer, ALPN h2. There is no switch to turn
// verification off.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/time.hpp"
#include "worker/adapters/http2/url.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace adapters::http2 {

struct TlsSettings {
    std::string ca_file;     // PEM; empty: none
    bool system_cas = true;  // false: only those of ca_file
};

// What is shared by the connections to one endpoint.
class TlsContext {
public:
    // Error: the CA file cannot be read; names it.
    [[nodiscard]] static common::Result<TlsContext> create(const TlsSettings& settings);
    [[nodiscard]] ssl_ctx_st* handle() const noexcept { return context_.get(); }

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    explicit TlsContext(ssl_ctx_st* context) : context_{context} {}
    std::unique_ptr<ssl_ctx_st, Free> context_;
};

enum class Progress : std::uint8_t { done, again, failed };

// One connection. Does not own the socket.
class Tls {
public:
    // The certificate must be valid for url.host, and is asked for by that name (SNI) when it is one.
    Tls(const TlsContext& context, int fd, const Url& url);

    [[nodiscard]] Progress handshake();
    // `size` tells how much was done. At most one TLS record (16 KiB) a call.
    [[nodiscard]] Progress read(std::uint8_t* into, std::size_t room, std::size_t& size);
    [[nodiscard]] Progress write(const std::uint8_t* bytes, std::size_t room, std::size_t& size);

    // After Progress::again: what to wait for.
    [[nodiscard]] bool wants_write() const noexcept { return wants_write_; }
    // Bytes were taken from the socket that read() has not handed out: the socket will not become readable
    // for them.
    [[nodiscard]] bool holds_bytes() const noexcept;

    // After the handshake: the server chose h2.
    [[nodiscard]] bool offers_h2() const;
    // After the handshake: when the first certificate of the verified chain ends.
    [[nodiscard]] std::optional<common::WallTime> chain_ends() const;
    // After Progress::failed: what OpenSSL or the socket says, for a person.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    // The handshake failed because the certificate was refused.
    [[nodiscard]] bool certificate_refused() const noexcept { return certificate_refused_; }
    // The server broke the handshake off because it does not speak HTTP/2; others go on without a choice.
    [[nodiscard]] bool h2_refused() const noexcept { return h2_refused_; }
    // Tells the other side, best effort.
    void say_goodbye() noexcept;

private:
    [[nodiscard]] Progress failed_or_again(int returned);

    struct Free {
        void operator()(ssl_st* tls) const noexcept;
    };
    std::unique_ptr<ssl_st, Free> tls_;
    std::string problem_;
    bool wants_write_ = false;
    bool certificate_refused_ = false;
    bool h2_refused_ = false;
};

}  // namespace adapters::http2
