// What `sign-in-with-apple` does for whoever asked, from a checked configuration to an exit code. Results go
// to standard output, complaints to standard error.
#pragma once

#include <string>

#include "worker/app/config/config.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/sign_in_with_apple/rendering.hpp"

namespace app::identity {

struct ErrandOptions {
    std::string client;        // its id; may be left out where there is one client
    std::string input = "-";   // a file with the code, token or payload; "-": standard input
    std::string output;        // a file for what Apple handed out, mode 0600; empty: standard output
    std::string redirect_uri;  // exchange: when the authorization had one
    std::string kind;          // revoke: refresh_token, access_token or empty
    std::string nonce_file;    // verify: empty, or the file with the nonce of the authorization request
    std::string keys_file;     // verify: a saved key set; empty: Apple is asked
    Format format = Format::text;
    bool reveal = false;
};

[[nodiscard]] ExitCode make_client_secret(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode exchange_code(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode refresh_session(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode revoke_session(const Config& config, const ErrandOptions& options);
// An identity token or a notification: which of the two it is, its claims tell.
[[nodiscard]] ExitCode verify_signed(const Config& config, const ErrandOptions& options);
[[nodiscard]] ExitCode show_keys(const Config& config, const ErrandOptions& options);

}  // namespace app::identity
