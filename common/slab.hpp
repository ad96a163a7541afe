// Keeps values in slots and hands out keys that never come back: a key of an erased value finds nothing, also
// when the slot was used again. Order of iteration is that of the slots, so it is the same in every run.
//
// Cost: O(1) a call; erased slots are reused, newest first.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/invariant.hpp"

namespace common {

template <class Tag>
struct SlabKey {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;  // 0: the key of nothing

    [[nodiscard]] std::uint64_t packed() const noexcept { return (std::uint64_t{generation} << 32U) | slot; }
    [[nodiscard]] static SlabKey unpack(std::uint64_t packed) noexcept {
        return {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32U)};
    }
    explicit operator bool() const noexcept { return generation != 0; }
    friend auto operator<=>(const SlabKey&, const SlabKey&) = default;
};

template <class Tag, class Value>
class Slab {
public:
    using Key = SlabKey<Tag>;

    Key insert(Value value) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(slots_.size()));
            slots_.emplace_back();
        }
        const std::uint32_t at = free_.back();
        free_.pop_back();
        Slot& slot = slots_[at];
        ++slot.generation;
        slot.value.emplace(std::move(value));
        return {at, slot.generation};
    }

    // Null when the key's value is gone. Valid until the next insert or the value's erase.
    [[nodiscard]] Value* find(Key key) noexcept {
        if (key.slot >= slots_.size() || slots_[key.slot].generation != key.generation) {
            return nullptr;
        }
        return slots_[key.slot].value ? &*slots_[key.slot].value : nullptr;
    }
    [[nodiscard]] const Value* find(Key key) const noexcept { return const_cast<Slab*>(this)->find(key); }

    // For a value that must be there.
    [[nodiscard]] Value& at(Key key) noexcept {
        Value* value = find(key);
        INVARIANT(value != nullptr, "a key was used after its value was erased");
        return *value;
    }

    void erase(Key key) noexcept {
        INVARIANT(find(key) != nullptr, "a value was erased twice");
        slots_[key.slot].value.reset();
        free_.push_back(key.slot);
    }

    [[nodiscard]] std::size_t size() const noexcept { return slots_.size() - free_.size(); }

    // visit(key, value) for every value; it may erase the value it is given.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::uint32_t at = 0; at < slots_.size(); ++at) {
            if (slots_[at].value) {
                visit(Key{at, slots_[at].generation}, *slots_[at].value);
            }
        }
    }
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Slot& slot : slots_) {
            if (slot.value) {
                visit(*slot.value);
            }
        }
    }

private:
    struct Slot {
        std::optional<Value> value{};
        std::uint32_t generation = 0;
    };
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace common
