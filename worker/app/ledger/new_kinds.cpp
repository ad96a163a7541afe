#include "worker/app/ledger/new_kinds.hpp"

#include <fmt/format.h>

#include <chrono>

namespace app::ledger {
namespace {

constexpr std::size_t known_max = 1000;
constexpr int lines_a_minute = 5;

}  // namespace

std::optional<core::Say> NewKinds::note(const core::Letter& letter, bool fresh, common::Instant now) {
    const core::Signature signature = core::signature_of(letter);
    const auto [place_of_it, is_new] = known_.insert(signature);
    if (is_new) {
        by_age_.push_back(place_of_it);
    }
    if (known_.size() > known_max) {
        known_.erase(by_age_.front());
        by_age_.pop_front();
    }
    if (!is_new || !fresh) {
        return std::nullopt;
    }
    if (said_ == 0 || now - minute_ >= std::chrono::minutes{1}) {
        minute_ = now;
        said_ = 0;
    }
    if (++said_ > lines_a_minute) {
        return std::nullopt;
    }
    const std::string place = core::position_text(letter.place.partition, letter.place.offset);
    return core::Say{
        core::Severity::warning,
        "dead_letters_new_kind",
        fmt::format(
            "the first dead letter of its kind: {}; `autosignin-worker dead-letters show {}` explains it",
            core::text_of(signature), place),
        {{"letter", place}}};
}

}  // namespace app::ledger
