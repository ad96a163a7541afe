#include "worker/sim/apple/ledger.hpp"

#include <algorithm>
#include <map>

namespace sim {
namespace {

bool told_to_wait(const LedgerEntry& entry) {
    const bool headers_seen = entry.wire == Wire::answer || entry.wire == Wire::torn_body;
    return entry.status == 429 && headers_seen && entry.not_before > entry.answered;
}

}  // namespace

std::vector<EarlyRequest> sent_too_early(const Ledger& ledger, common::Duration grace) {
    std::map<Shop, std::vector<std::size_t>> waits;  // 429s whose time has not come yet
    std::vector<EarlyRequest> early;
    for (std::size_t i = 0; i < ledger.size(); ++i) {
        const LedgerEntry& entry = ledger[i];
        if (entry.shop.bundle_id.empty()) {
            continue;
        }
        auto& of_shop = waits[entry.shop];
        std::erase_if(of_shop, [&](std::size_t wait) { return ledger[wait].not_before <= entry.received; });
        const auto known = std::find_if(of_shop.begin(), of_shop.end(), [&](std::size_t wait) {
            return ledger[wait].answered + grace < entry.received;
        });
        if (known != of_shop.end()) {
            early.push_back({i, *known});
        }
        if (told_to_wait(entry)) {
            of_shop.push_back(i);
        }
    }
    return early;
}

}  // namespace sim
