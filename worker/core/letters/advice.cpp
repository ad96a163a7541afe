#include "worker/core/letters/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "worker/core/event/whose_turn.hpp"
#include "worker/core/identity/problem.hpp"

namespace core {
namespace {

constexpr std::string_view emitters = turn_of_emitters;
constexpr std::string_view forwarders = "whoever forwards Apple's notifications";
constexpr std::string_view operators = "whoever runs the worker";

struct Row {
    std::string_view code;
    std::string_view whose;
    std::string_view text;
};
// Rejections by the class of Apple's answer.
constexpr std::array rejections{
    Row{"400", emitters,
        "Apple does not accept the command as it is. Look at the values with `show --reveal`: a value that "
        "is "
        "empty, too long or not what the app stored is the emitter's to correct"},
    Row{"400 invalid_grant", emitters,
        "Apple says that the session's token was issued to another client than the event names, or is none "
        "of "
        "its own. Find the right client_id: the event has to be emitted anew with it"},
    Row{"400 invalid_request", emitters,
        "Apple calls the request malformed; it also answers so when the person has revoked the "
        "authorization. "
        "Look whether the session still exists; if it does, replay once, and ask Apple when it comes back"},
    Row{"400 invalid_client", operators,
        "Apple refused the client secret for this session alone while it took others: check the client_id, "
        "then replay"},
    Row{"400 unauthorized_client", operators,
        "the client may not make this call: check it in Apple's developer account, then replay"},
    Row{"401", operators,
        "Apple refused the credential for this command alone while it took others. Check the app's bundle id "
        "and "
        "key, and that the app is released; then replay"},
    Row{"403", operators,
        "Apple forbids this for the credential. Check that the key is an active In-App Purchase key of this "
        "app's "
        "team; then replay"},
    Row{"405", operators, "the address takes no such call: check the base URL; then replay"},
    Row{"413", emitters,
        "the values are too large for Apple: the event has to be emitted anew with correct ones"},
    Row{"415", operators, "something on the way changes requests: check proxies; then replay"},
    Row{"422", emitters, "Apple understood the command and refuses what it says: look at the values"},
};

template <class Codes>
std::optional<std::string_view> meaning_among(const Codes& codes, std::string_view code) {
    const auto known = std::find_if(
        codes.begin(), codes.end(), [code](const InvalidCode& each) { return each.code == code; });
    return known == codes.end() ? std::nullopt : std::optional{known->meaning};
}

}  // namespace

Advice advice_for(std::optional<DeadLetterReason> reason, std::string_view error_code) {
    if (!reason) {
        return {
            operators,
            "this version does not understand it: a newer one wrote it, or its headers are damaged. Use the "
            "version that wrote it; or find out from the payload what it asks for, and discard it with "
            "--partition and --offset"};
    }
    switch (*reason) {
        case DeadLetterReason::invalid: {
            if (const auto meaning = meaning_among(identity_codes, error_code)) {
                return {
                    forwarders,
                    fmt::format(
                        "{} Nothing was done for it. If Apple did send it, forward it anew, untouched, with "
                        "the time at which it came; else find out who did, and discard it",
                        *meaning)};
            }
            const std::string_view meaning =
                meaning_among(invalid_codes, error_code).value_or("The record is no valid event.");
            if (whose_turn(error_code) == turn_of_names) {
                return {
                    turn_of_names,
                    fmt::format(
                        "{} If the name is right, add it to the configuration and replay; else the "
                        "event has to be emitted anew, and this one discarded with --superseded-by",
                        meaning)};
            }
            return {
                emitters,
                fmt::format(
                    "{} `autosignin-worker explain TOPIC/PARTITION/OFFSET` lists every problem. The "
                    "event has to be emitted anew and this one discarded with --superseded-by; a "
                    "replay helps only after a newer worker can read it",
                    meaning)};
        }
        case DeadLetterReason::rejected: {
            const auto known = std::find_if(
                rejections.begin(), rejections.end(),
                [error_code](const Row& each) { return each.code == error_code; });
            if (known != rejections.end()) {
                return {known->whose, std::string{known->text}};
            }
            return {
                operators,
                "Apple refuses this command. Find out why before it is replayed, or it comes back"};
        }
        case DeadLetterReason::exhausted:
            break;
    }
    return {
        operators,
        "attempts or age were spent while other commands succeeded. When Apple is well, replay it; when it "
        "comes "
        "back, ask Apple with the time of the failure"};
}

}  // namespace core
