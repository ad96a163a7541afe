#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "worker/sim/people/front_desk.hpp"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

Json shop_json(const Shop& shop) {
    return {
        {"app", shop.bundle_id},
        {"environment", shop.environment == Environment::production ? "production" : "sandbox"}};
}

std::string_view authorization_name(Authorization authorization) {
    switch (authorization) {
        case Authorization::not_determined:
            return "notDetermined";
        case Authorization::granted:
            return "granted";
        case Authorization::denied:
            return "denied";
    }
    return "unknown";
}

Json held_json(const Held& held) {
    return {
        {"value", held.value ? Json(masked(*held.value)) : Json(nullptr)},
        {"authorization", authorization_name(held.authorization)}};
}

Json devices_json(const Simulated& world) {
    const AppleStore::Contents contents = world.apple.store().contents();
    Json devices = Json::array();
    for (const auto& [name, device] : world.people.devices()) {
        Json reads = Json::array();
        for (const auto& [shop, accounts] : contents) {
            Json read = shop_json(shop);
            read.update(held_json(world.people.token(name, shop)));
            read["account"] = world.people.account_read(name, shop);
            read["signed_in"] = world.people.signed_in(name, shop);
            reads.push_back(std::move(read));
        }
        devices.push_back(
            {{"name", name},
             {"platform", platform_name(device.platform)},
             {"account", device.account},
             {"reads", std::move(reads)}});
    }
    return devices;
}

Json values_json(const AppleStore& store) {
    Json values = Json::array();
    for (const auto& [shop, accounts] : store.contents()) {
        for (const auto& [account, held] : accounts) {
            Json value = shop_json(shop);
            value["account"] = account;
            value.update(held_json(held));
            values.push_back(std::move(value));
        }
    }
    return values;
}

Json app_sessions_json(const People& people) {
    Json sessions = Json::array();
    for (const AppSession& session : people.sessions()) {
        Json json = shop_json(session.shop);
        json["device"] = session.device;
        json["value"] = masked(session.value);
        sessions.push_back(std::move(json));
    }
    return sessions;
}

Json identity_json(const AppleIdentity& identity) {
    Json sessions = Json::array();
    for (const IdentitySession& session : identity.book().sessions()) {
        sessions.push_back(
            {{"account", session.account},
             {"client_id", session.client_id},
             {"refresh_token", masked(session.refresh_token)},
             {"state", session.ended ? end_name(*session.ended) : "live"}});
    }
    Json notices = Json::array();
    for (const Notice& notice : identity.notices().all()) {
        constexpr std::array<std::string_view, 4> states{"waiting", "under way", "taken", "given up"};
        notices.push_back(
            {{"account", notice.account},
             {"group", notice.group},
             {"jti", notice.id},
             {"attempts", notice.attempts},
             {"state", states.at(static_cast<std::size_t>(notice.state))}});
    }
    return {{"sessions", sessions}, {"notifications", notices}, {"keys", identity.keys().kids()}};
}

}  // namespace

std::string masked(std::string_view value) {
    constexpr std::size_t shown = 4;
    std::uint32_t checksum = 0x811C9DC5U;
    for (const char letter : value) {
        checksum = (checksum ^ static_cast<unsigned char>(letter)) * 0x01000193U;
    }
    return fmt::format("{}...{:08x}", value.substr(0, std::min(shown, value.size() / 4)), checksum);
}

std::string state_json(const Simulated& world) {
    return Json{
        {"devices", devices_json(world)},
        {"values", values_json(world.apple.store())},
        {"app_sessions", app_sessions_json(world.people)},
        {"requests", world.apple.requests()},
        {"sign_in_with_apple", identity_json(world.identity)}}
        .dump(2);
}

}  // namespace sim
