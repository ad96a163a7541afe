// Looks for what must not be seen outside the worker: token values, JWTs, key text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lane {

class Traces {
public:
    // Each line of the key's PEM body is a secret.
    void forbid_key(std::string_view pem);
    // `place` names the text in the message.
    void look_at(std::string_view place, std::string_view text);
    // What the kernel tells everybody about a process: arguments and environment.
    void look_at_process(int pid);

    // Places in which something was seen, with the kind of it; empty: nothing.
    [[nodiscard]] const std::string& found() const noexcept { return found_; }

private:
    std::vector<std::string> key_lines_;
    std::string found_;
};

}  // namespace lane
