// The scene of the real program with people: their devices hold values, their Sign in with Apple sessions
// live, and Apple sends notifications about them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/integration/cli_scene.hpp"
#include "worker/sim/people/end_state.hpp"

namespace cli {

class IdentityScene : public Scene {
public:
    IdentityScene();

    // A person with a phone and a television, one stored value and one live session.
    struct Person {
        std::string account{};
        std::string value{};
        std::string session{};  // its refresh token
    };
    [[nodiscard]] Person add_person(const std::string& account);
    [[nodiscard]] std::string open_session(const std::string& account);
    [[nodiscard]] std::string access_token_of(const std::string& refresh_token);

    // An event of the account's, on the broker when it returns; `data` is what stands beside `app`.
    void emit(
        const std::string& type, const std::string& account, const std::string& data,
        std::chrono::seconds later = {});
    [[nodiscard]] static std::string tokens(const std::string& value);
    [[nodiscard]] static std::string sessions(
        const std::vector<std::string>& sessions, const std::string& member = "refresh_token");

    void script_identity(std::vector<sim::Fault> faults);
    [[nodiscard]] sim::IdentityLedger identity_ledger();
    [[nodiscard]] std::size_t calls(sim::IdentityCall call);
    [[nodiscard]] bool lives(const std::string& token);

    // The judge: what devices of these people hold that signs in, one line a finding; empty: nothing.
    [[nodiscard]] std::string leftovers(const std::vector<Person>& people);
    // The JWT of the notification that Apple sends next.
    [[nodiscard]] std::string next_notification();

    // The `data` of every receipt, of at least `count`.
    [[nodiscard]] std::vector<nlohmann::json> receipts(std::size_t count);
    // "delete executed", "revoke dead_lettered", "check executed over": sorted.
    [[nodiscard]] std::vector<std::string> outcomes(std::size_t count);
    [[nodiscard]] static std::string header(const core::Record& record, const std::string& name);

private:
    int events_ = 0;
};

}  // namespace cli
