// Secrets that come from a file or standard input, and answers that go into a file: never through a command
// line, which every user of a machine can read.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "common/secret.hpp"

namespace app::identity {

// A token, a code or a signed payload: the whole of `path` ("-": standard input) without blanks and line ends
// around it. Error: it cannot be read, is empty or larger than 64 KiB; names the path, never the content.
[[nodiscard]] common::Result<common::Secret> read_secret(const std::string& path);

// Of {"payload": "<JWS>"}, as Apple posts notifications, the payload; anything else as it is.
[[nodiscard]] common::Secret payload_of(const common::Secret& text);

// What is wrong with `text` as a token or a code; none: it may be one. Apple takes anything that it is asked
// to revoke for a token, so a JSON document would look revoked. RFC 6749 appendix A: visible ASCII; and
// Apple's have neither blanks, quotes nor braces.
[[nodiscard]] std::optional<std::string> no_token(std::string_view text);

// A file of mode 0600 that replaces `path` as a whole. It is opened before what is to lie in it exists, since
// an authorization code works once: what it brings must not be lost for a wrong path.
class PrivateFile {
public:
    // Error: there can be no such file, or what is there is no plain one; names the path. An old file is
    // untouched until keep().
    [[nodiscard]] static common::Result<std::unique_ptr<PrivateFile>> open(const std::string& path);
    PrivateFile(const PrivateFile&) = delete;
    PrivateFile& operator=(const PrivateFile&) = delete;
    ~PrivateFile();

    // Once. The error names the path, and where the text is if it could be written at all; the old file is
    // then untouched.
    [[nodiscard]] std::optional<common::Error> keep(const common::Secret& text);

private:
    PrivateFile(std::string path, std::string fresh, int fd);

    std::string path_;
    std::string fresh_;  // the file beside it; empty: kept
    int fd_;
};

}  // namespace app::identity
