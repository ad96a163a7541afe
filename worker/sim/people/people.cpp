#include "worker/sim/people/people.hpp"

#include "common/invariant.hpp"

namespace sim {

std::string_view platform_name(Platform platform) noexcept {
    switch (platform) {
        case Platform::ios:
            return "iOS";
        case Platform::ipados:
            return "iPadOS";
        case Platform::macos:
            return "macOS";
        case Platform::tvos:
            return "tvOS";
        case Platform::visionos:
            return "visionOS";
    }
    return "unknown";
}

bool can_store(Platform platform) noexcept {
    return platform == Platform::ios || platform == Platform::ipados || platform == Platform::tvos;
}

void People::add_device(Device device) {
    std::string name = device.name;
    devices_.insert_or_assign(std::move(name), std::move(device));
}

const Device& People::device(std::string_view name) const {
    const auto found = devices_.find(name);
    INVARIANT(found != devices_.end(), "only devices that were added are used");
    return found->second;
}

const std::string& People::account_read(std::string_view name, const Shop& shop) const {
    const Device& asking = device(name);
    const bool falls_back = asking.platform == Platform::tvos && !asking.default_account.empty() &&
                            asking.default_account != asking.account &&
                            !store_.held(shop, asking.account).value;
    return falls_back ? asking.default_account : asking.account;
}

Held People::token(std::string_view name, const Shop& shop) const {
    const std::string& account = account_read(name, shop);
    return account.empty() ? Held{} : store_.held(shop, account);
}

Prompt People::request_authorization(std::string_view name, const Shop& shop, SheetAnswer answer) {
    const Device& asking = device(name);
    if (!can_store(asking.platform) || asking.account.empty()) {
        return {};
    }
    if (answer == SheetAnswer::dismiss) {
        if (options_.dismissal == Dismissal::denied) {
            store_.decide(shop, asking.account, Authorization::denied);
        }
        return {.supported = true};
    }
    store_.decide(shop, asking.account, Authorization::granted);
    const PromptId id{next_prompt_++};
    approvals_.emplace(id, Approval{asking.name, asking.account, shop});
    return {.supported = true, .context = id};
}

StoreResult People::update_token(
    std::string_view name, const Shop& shop, PromptId context, std::string_view value, common::Instant now) {
    const Device& storing = device(name);
    if (!can_store(storing.platform)) {
        return StoreResult::unsupported;
    }
    const auto approval = approvals_.extract(context);
    if (approval.empty() || approval.mapped().device != storing.name ||
        approval.mapped().account != storing.account || !(approval.mapped().shop == shop)) {
        return StoreResult::no_context;
    }
    const bool granted = store_.held(shop, storing.account).authorization == Authorization::granted;
    if (!granted && !options_.contexts_survive_deletes) {
        return StoreResult::no_context;
    }
    store_.put(shop, storing.account, value);
    writes_.push_back({now, storing.name, storing.account, shop, std::string{value}});
    return StoreResult::stored;
}

void People::delete_token(std::string_view name, const Shop& shop, common::Instant now) {
    const Device& deleting = device(name);
    if (!deleting.account.empty()) {
        store_.remove(shop, deleting.account);
        writes_.push_back({now, deleting.name, deleting.account, shop, std::nullopt});
    }
}

void People::launch(std::string_view name, const Shop& shop, common::Instant now) {
    const common::Duration spread = options_.read_delay_max - options_.read_delay_min;
    common::Duration delay = options_.read_delay_min;
    if (spread > common::Duration{}) {
        delay += common::Duration{
            static_cast<common::Duration::rep>(choose_(static_cast<std::uint64_t>(spread.count()) + 1))};
    }
    reads_.emplace(now + delay, DeviceApp{device(name).name, shop});
}

std::vector<FinishedRead> People::finish_reads(common::Instant now, const SignsIn& signs_in) {
    std::vector<FinishedRead> finished;
    while (!reads_.empty() && reads_.begin()->first <= now) {
        const DeviceApp app = reads_.extract(reads_.begin()).mapped();
        FinishedRead read{app.first, app.second, token(app.first, app.second)};
        // An app treats not_determined as no token, and so does it a denied one.
        if (read.seen.value && read.seen.authorization == Authorization::granted &&
            !sessions_.contains(app) && signs_in(app.second, *read.seen.value)) {
            sessions_.emplace(app, AppSession{app.first, app.second, *read.seen.value, now});
        }
        read.signed_in = sessions_.contains(app);
        finished.push_back(std::move(read));
    }
    return finished;
}

common::Instant People::next_read() const {
    return reads_.empty() ? common::never : reads_.begin()->first;
}

bool People::signed_in(std::string_view name, const Shop& shop) const {
    return sessions_.contains({std::string{name}, shop});
}

void People::end_session(std::string_view name, const Shop& shop) {
    sessions_.erase({std::string{name}, shop});
}

std::vector<AppSession> People::sessions() const {
    std::vector<AppSession> open;
    for (const auto& [app, session] : sessions_) {
        open.push_back(session);
    }
    return open;
}

}  // namespace sim
