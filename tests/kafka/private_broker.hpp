// A broker of a check's own, for what cannot be done to the one that all share: listeners with rights, other
// limits, being stopped and killed. Started by tests/kafka/broker, and gone with the driver.
//
// Errors: Failed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/kafka/scene.hpp"

namespace lane {

struct BrokerOptions {
    std::string name{};
    std::string settings{};  // lines for server.properties; @PORT@ is the port of the PLAINTEXT listener
    std::vector<std::pair<std::string, std::string>> users{};  // with passwords, for SCRAM
    std::uint16_t port = 0;                                    // of PLAINTEXT; 0: any lasting one
};

// A port that a broker can have again after it was killed: below the range from which the kernel gives ports
// to others meanwhile. Another one each time; for one thread.
[[nodiscard]] std::uint16_t lasting_port();

class PrivateBroker {
public:
    PrivateBroker(const Stage& stage, BrokerOptions options);
    PrivateBroker(const PrivateBroker&) = delete;
    PrivateBroker& operator=(const PrivateBroker&) = delete;
    ~PrivateBroker();

    // With the data it had, at the same port.
    void start();
    void stop();  // in good order
    void kill();

    [[nodiscard]] std::string bootstrap() const;  // PLAINTEXT
    // host:port of a listener; changes with every start, but for PLAINTEXT.
    [[nodiscard]] std::string address(const std::string& listener) const;

private:
    void run(const std::string& action, const std::vector<std::string>& arguments) const;

    const Stage& stage_;
    BrokerOptions options_;
    std::string folder_;
    std::string settings_file_;
    std::uint16_t port_ = 0;
};

}  // namespace lane
