// What is on the Apple Accounts: environment x bundle id x account -> value and authorization.
//
// The server side knows a token only by its exact value, and one value may sit on several accounts: an update
// or a delete acts on all of them. Environments and bundle ids never see each other's values.
//
// Cost: O(log n) a call. Iteration is in the order of account names, so that runs repeat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace sim {

enum class Environment : std::uint8_t { production, sandbox };

enum class Authorization : std::uint8_t { not_determined, granted, denied };

// Where values are looked up.
struct Shop {
    Environment environment = Environment::production;
    std::string bundle_id{};

    friend bool operator==(const Shop&, const Shop&) = default;
    friend bool operator<(const Shop& left, const Shop& right) {
        return std::tie(left.environment, left.bundle_id) < std::tie(right.environment, right.bundle_id);
    }
};

struct Held {
    std::optional<std::string> value{};
    Authorization authorization = Authorization::not_determined;

    friend bool operator==(const Held&, const Held&) = default;
};

// What a shop should hold, by account; none: no value.
using Wanted = std::map<std::string, std::optional<std::string>, std::less<>>;

struct Difference {
    std::string account{};
    std::optional<std::string> wanted{};
    std::optional<std::string> stored{};
};

class AppleStore {
public:
    // A device of the account stored a value after the person approved (granted).
    void put(const Shop& shop, std::string_view account, std::string_view value);
    // The person answered the sheet on a device of the account; the value stays as it is.
    void decide(const Shop& shop, std::string_view account, Authorization authorization);
    // A device deleted the account's value: nil and not_determined. Other accounts with that value keep it.
    void remove(const Shop& shop, std::string_view account);

    // The stored value equal to `existing` becomes `replacement` on every account that has it; the
    // authorization stays. Returns how many accounts that were; 0: not found.
    std::size_t update(const Shop& shop, std::string_view existing, std::string_view replacement);

    // The value goes from every account that has it, and the person would be asked again (not_determined).
    // Returns how many accounts that were; 0: not found.
    std::size_t erase(const Shop& shop, std::string_view value);

    // An account never heard of holds nothing.
    [[nodiscard]] Held held(const Shop& shop, std::string_view account) const;
    [[nodiscard]] bool stored(const Shop& shop, std::string_view value) const;
    [[nodiscard]] std::vector<std::string> accounts_with(const Shop& shop, std::string_view value) const;

    // Every account ever heard of, by shop.
    using Contents = std::map<Shop, std::map<std::string, Held, std::less<>>>;
    [[nodiscard]] Contents contents() const;

    // Every account whose value is not the wanted one. Accounts that `wanted` does not name are not compared.
    [[nodiscard]] std::vector<Difference> differences(const Shop& shop, const Wanted& wanted) const;

private:
    struct Shelf {
        std::map<std::string, Held, std::less<>> accounts;
        std::map<std::string, std::set<std::string>, std::less<>> by_value;
    };
    void forget(Shelf& shelf, std::string_view account);

    std::map<Shop, Shelf> shelves_;
};

}  // namespace sim
