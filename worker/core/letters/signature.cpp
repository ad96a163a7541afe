#include "worker/core/letters/signature.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace core {

Signature signature_of(const Letter& letter) {
    return {
        letter.reason, letter.error_code, std::string{type_word(letter)}, std::string{app_word(letter)},
        letter.original.partition.topic};
}

std::string text_of(const Signature& signature) {
    return fmt::format(
        "{}/{}/{}/{}/{}", reason_word(signature.reason), signature.error_code, signature.type,
        signature.app.empty() ? "-" : signature.app, signature.topic);
}

void Groups::add(const Letter& letter) {
    const common::WallTime failed = letter.last_failed.value_or(letter.since);
    Signature signature = signature_of(letter);
    if (groups_.size() >= groups_max && !groups_.contains(signature)) {
        ++beyond_;
        return;
    }
    Group& group = groups_[std::move(signature)];
    if (group.count == 0 || letter.since < group.oldest_since) {
        group.oldest_since = letter.since;
        group.example = letter.place;
    }
    group.first_failed = group.count == 0 ? failed : std::min(group.first_failed, failed);
    group.last_failed = group.count == 0 ? failed : std::max(group.last_failed, failed);
    ++group.count;
    group.replayed += letter.replays > 0 ? 1 : 0;
}

std::vector<Groups::Row> Groups::rows() const {
    std::vector<Row> rows;
    rows.reserve(groups_.size());
    for (const auto& [signature, group] : groups_) {
        rows.push_back({signature, group});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) {
        return left.group.count != right.group.count ? left.group.count > right.group.count
                                                     : left.group.oldest_since < right.group.oldest_since;
    });
    return rows;
}

}  // namespace core
