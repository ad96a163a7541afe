// The person's side of Automatic Sign-In: people's devices, the prompt, and the apps that read and store
// values. A device sees what is on the Apple Account that it is signed in to, so all devices of an account
// share a value; it never hears of a change, but finds it when it reads.
//
//   People people{apple.store(), choose};
//   people.add_device({.name = "alice-phone", .platform = Platform::ios, .account = "alice"});
//   auto prompt = people.request_authorization("alice-phone", shop, SheetAnswer::approve);
//   people.update_token("alice-phone", shop, *prompt.context, "value", now);
//   people.launch("alice-tv", shop, now);                     // reads after a delay
//   people.finish_reads(now + 1s, signs_in);                  // opens a session with "value"
//
// The names are those of VSUserAccountManager. A session that an app opened stays open whatever happens to
// the value: only the service can end it.
//
// Ownership: the store must outlive it. Threads: none; the caller locks.
// Errors: as a device reports them; using a device that was never added is our bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/strong.hpp"
#include "common/time.hpp"
#include "worker/sim/apple/fault.hpp"
#include "worker/sim/apple/store.hpp"

namespace sim {

enum class Platform : std::uint8_t { ios, ipados, macos, tvos, visionos };
[[nodiscard]] std::string_view platform_name(Platform platform) noexcept;
// Prompting and storing exist on iOS, iPadOS and tvOS; reading and deleting everywhere.
[[nodiscard]] bool can_store(Platform platform) noexcept;

struct Device {
    std::string name{};
    Platform platform = Platform::ios;
    std::string account{};          // the Apple Account in use; empty: signed out
    std::string default_account{};  // tvOS: the system's, asked when `account` has no value
};

enum class SheetAnswer : std::uint8_t { approve, dismiss };
// What a dismissal leaves: Apple's Swift pages and an Objective-C page of the same thing differ.
enum class Dismissal : std::uint8_t { not_determined, denied };

using PromptId = common::Strong<struct PromptIdTag, std::uint64_t>;

struct Prompt {
    bool supported = false;             // false: no such call on this platform, or nobody is signed in
    std::optional<PromptId> context{};  // of an approval: needed to store a value
};

enum class StoreResult : std::uint8_t { stored, unsupported, no_context };

struct PeopleOptions {
    Dismissal dismissal = Dismissal::not_determined;
    // From an app's launch until it has read; drawn. How long a device needs is not documented.
    common::Duration read_delay_min{};
    common::Duration read_delay_max{};
    // Not documented: an approval may outlive the server's delete. By default it does not: the account is
    // not_determined again and the app has to prompt anew.
    bool contexts_survive_deletes = false;
};

// A value that a device stored or deleted; what a judge needs to tell a late value from a missed delete.
struct DeviceWrite {
    common::Instant at{};
    std::string device{};
    std::string account{};
    Shop shop{};
    std::optional<std::string> value{};  // none: deleted
};

struct AppSession {
    std::string device{};
    Shop shop{};
    std::string value{};  // that it was opened with
    common::Instant opened{};
};

struct FinishedRead {
    std::string device{};
    Shop shop{};
    Held seen{};
    bool signed_in = false;  // a session is open, by this value or from before
};

// Whether the service lets a value in.
using SignsIn = std::function<bool(const Shop& shop, std::string_view value)>;

class People {
public:
    People(AppleStore& store, Choose choose, PeopleOptions options = {})
        : store_{store}, choose_{std::move(choose)}, options_{options} {}

    void add_device(Device device);  // replaces one of the same name; its sessions stay
    [[nodiscard]] const std::map<std::string, Device, std::less<>>& devices() const { return devices_; }

    // VSUserAccountManager on a device, for the app of the shop.
    [[nodiscard]] Held token(std::string_view device, const Shop& shop) const;
    // The Apple Account that token() is read from; empty: signed out.
    [[nodiscard]] const std::string& account_read(std::string_view device, const Shop& shop) const;
    [[nodiscard]] Prompt request_authorization(std::string_view device, const Shop& shop, SheetAnswer answer);
    // A context is good for one value, on the device, app and account it was given for.
    StoreResult update_token(
        std::string_view device, const Shop& shop, PromptId context, std::string_view value,
        common::Instant now);
    void delete_token(std::string_view device, const Shop& shop, common::Instant now);

    // The app starts and reads; finish_reads() has the result once the delay is over.
    void launch(std::string_view device, const Shop& shop, common::Instant now);
    // Reads that are due by `now`, earliest first: what the account holds now. A value that is granted and
    // signs in opens a session, unless one is open.
    std::vector<FinishedRead> finish_reads(common::Instant now, const SignsIn& signs_in);
    [[nodiscard]] common::Instant next_read() const;  // never: none is under way

    [[nodiscard]] bool signed_in(std::string_view device, const Shop& shop) const;
    void end_session(std::string_view device, const Shop& shop);  // the service's doing
    [[nodiscard]] std::vector<AppSession> sessions() const;

    [[nodiscard]] const std::vector<DeviceWrite>& writes() const noexcept { return writes_; }

private:
    using DeviceApp = std::pair<std::string, Shop>;
    struct Approval {
        std::string device;
        std::string account;
        Shop shop;
    };

    [[nodiscard]] const Device& device(std::string_view name) const;

    AppleStore& store_;
    Choose choose_;
    PeopleOptions options_;
    std::map<std::string, Device, std::less<>> devices_;
    std::map<PromptId, Approval> approvals_;
    std::uint64_t next_prompt_ = 1;
    std::multimap<common::Instant, DeviceApp> reads_;
    std::map<DeviceApp, AppSession> sessions_;
    std::vector<DeviceWrite> writes_;
};

}  // namespace sim
