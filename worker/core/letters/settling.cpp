#include "worker/core/letters/settling.hpp"

#include "common/invariant.hpp"

namespace core {

bool Settling::fits_with(Offset offset) {
    // Letters end in another order than they were sent, so for a while there are more islands than in the
    // end; and an island costs six characters at most.
    constexpr std::size_t reserve = 2000;
    constexpr std::size_t letters_between_looks = 100;
    if (looks_saved_ > 0) {
        --looks_saved_;
        return true;
    }
    OffsetTracker then = tracker_;
    for (const Offset taken : taken_) {
        static_cast<void>(then.finished(taken));
    }
    static_cast<void>(then.finished(offset));
    const bool fits =
        !encode_offset_map(then.committable(), then.finished_above(), offset_map_chars_max - reserve).cut;
    looks_saved_ = fits ? letters_between_looks : 0;
    return fits;
}

void Settling::settle(Offset offset) {
    taken_.erase(offset);
    INVARIANT(tracker_.finished(offset), "a dead letter was settled twice");
}

}  // namespace core
