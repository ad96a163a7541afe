// The simulated world told from outside: what it holds, as JSON, and what people in it should do. Nothing of
// this is Apple's; it is how a demo or a test in another language looks in and acts.
//
//   GET  /state          people's devices and sessions, values by app and account, Sign in with Apple
//                        sessions, notifications; values and tokens masked
//   GET  /notifications  {"notifications": [{"address", "body"}]}: attempts that are due; they count as taken
//   POST /do             a form: action=... and what it needs; {"result": ...}, or 400 {"error": ...}
//
//   seat, cancel      account                   who sits at the browser that calls /auth/authorize, and
//                                               whether they approve
//   sign-in           account client_id [nonce] on a device: code, id_token, user
//   change-password   account
//   withdraw          account group             stop using Sign in with Apple with the app
//   delete-account    account
//   forward           account group on=true     mail to the relay address; or on=false
//   rotate-keys                                 a new key, and the oldest goes
//   store             device app value [environment]
//   launch, remove    device app [environment]
//
// Threads: none; the caller locks. Errors: unknown names are answered, never our bug.
#pragma once

#include <string>
#include <string_view>

#include "worker/sim/apple/apple.hpp"
#include "worker/sim/identity/apple_identity.hpp"
#include "worker/sim/people/people.hpp"

namespace sim {

struct Simulated {
    Apple& apple;
    People& people;
    AppleIdentity& identity;
};

[[nodiscard]] Answer front_desk(const Simulated& world, const Request& request, common::Now now);

// The state document.
[[nodiscard]] std::string state_json(const Simulated& world);

// The first characters and a checksum: enough to compare, too little to use.
[[nodiscard]] std::string masked(std::string_view value);

}  // namespace sim
