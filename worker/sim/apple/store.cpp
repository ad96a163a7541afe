#include "worker/sim/apple/store.hpp"

#include <utility>

namespace sim {

void AppleStore::forget(Shelf& shelf, std::string_view account) {
    const auto held = shelf.accounts.find(account);
    if (held == shelf.accounts.end() || !held->second.value) {
        return;
    }
    const auto holders = shelf.by_value.find(*held->second.value);
    holders->second.erase(held->first);
    if (holders->second.empty()) {
        shelf.by_value.erase(holders);
    }
    held->second.value.reset();
}

void AppleStore::put(const Shop& shop, std::string_view account, std::string_view value) {
    Shelf& shelf = shelves_[shop];
    forget(shelf, account);
    shelf.accounts.insert_or_assign(std::string{account}, Held{std::string{value}, Authorization::granted});
    shelf.by_value[std::string{value}].emplace(account);
}

void AppleStore::decide(const Shop& shop, std::string_view account, Authorization authorization) {
    shelves_[shop].accounts[std::string{account}].authorization = authorization;
}

void AppleStore::remove(const Shop& shop, std::string_view account) {
    Shelf& shelf = shelves_[shop];
    forget(shelf, account);
    if (const auto held = shelf.accounts.find(account); held != shelf.accounts.end()) {
        held->second = Held{};
    }
}

std::size_t AppleStore::update(const Shop& shop, std::string_view existing, std::string_view replacement) {
    Shelf& shelf = shelves_[shop];
    auto node = shelf.by_value.extract(std::string{existing});
    if (node.empty()) {
        return 0;
    }
    const std::set<std::string> accounts = std::move(node.mapped());
    for (const std::string& account : accounts) {
        shelf.accounts[account].value = std::string{replacement};
    }
    shelf.by_value[std::string{replacement}].insert(accounts.begin(), accounts.end());
    return accounts.size();
}

std::size_t AppleStore::erase(const Shop& shop, std::string_view value) {
    Shelf& shelf = shelves_[shop];
    auto node = shelf.by_value.extract(std::string{value});
    if (node.empty()) {
        return 0;
    }
    for (const std::string& account : node.mapped()) {
        shelf.accounts[account] = Held{};
    }
    return node.mapped().size();
}

Held AppleStore::held(const Shop& shop, std::string_view account) const {
    const auto shelf = shelves_.find(shop);
    if (shelf == shelves_.end()) {
        return {};
    }
    const auto held = shelf->second.accounts.find(account);
    return held == shelf->second.accounts.end() ? Held{} : held->second;
}

bool AppleStore::stored(const Shop& shop, std::string_view value) const {
    const auto shelf = shelves_.find(shop);
    return shelf != shelves_.end() && shelf->second.by_value.contains(value);
}

std::vector<std::string> AppleStore::accounts_with(const Shop& shop, std::string_view value) const {
    const auto shelf = shelves_.find(shop);
    if (shelf == shelves_.end()) {
        return {};
    }
    const auto holders = shelf->second.by_value.find(value);
    if (holders == shelf->second.by_value.end()) {
        return {};
    }
    return {holders->second.begin(), holders->second.end()};
}

AppleStore::Contents AppleStore::contents() const {
    Contents contents;
    for (const auto& [shop, shelf] : shelves_) {
        contents[shop] = shelf.accounts;
    }
    return contents;
}

std::vector<Difference> AppleStore::differences(const Shop& shop, const Wanted& wanted) const {
    std::vector<Difference> found;
    for (const auto& [account, value] : wanted) {
        if (const Held is = held(shop, account); is.value != value) {
            found.push_back({account, value, is.value});
        }
    }
    return found;
}

}  // namespace sim
