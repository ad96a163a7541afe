// What a record was found to hold, before anybody judged it.
//
// Reading and judging are apart so that the verdict does not depend on the order of members: a JSON reader
// and the ce_ headers fill a Draft, the checks walk it in a fixed order and name the first problem.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/secret.hpp"

namespace core {

inline constexpr std::size_t attribute_bytes_max = 1024;
inline constexpr std::size_t token_bytes_max = 65'536;
inline constexpr std::size_t payload_bytes_max = 16'384;  // as much as is verified (identity/compact_jws.hpp)
inline constexpr std::size_t items_max = 100;
inline constexpr std::size_t depth_max = 64;

enum class Found : std::uint8_t { absent, null, right, wrong_type };

struct Slot {
    Found found = Found::absent;
    bool repeated = false;  // the name occurred again; the first value is kept
};

struct TextSlot : Slot {
    std::string text{};
};

struct SecretSlot : Slot {
    common::Secret text{};
};

struct FlagSlot : Slot {
    bool value = false;
};

template <class Item>
struct ListSlot : Slot {
    std::vector<Item> items{};
    bool too_many = false;  // only the first items_max are kept
};

struct TokenDraft : Slot {
    SecretSlot value{};
    SecretSlot replacement{};
};

struct SessionDraft : Slot {
    TextSlot client_id{};
    SecretSlot refresh_token{};
    SecretSlot access_token{};
};

struct DataDraft : Slot {
    TextSlot app{};
    FlagSlot sign_out_everywhere{};
    ListSlot<TokenDraft> sign_in_tokens{};
    ListSlot<SessionDraft> sign_in_with_apple{};
    SecretSlot payload{};
};

struct Draft : Slot {
    TextSlot specversion{};
    TextSlot id{};
    TextSlot source{};
    TextSlot type{};
    TextSlot subject{};
    TextSlot time{};
    TextSlot datacontenttype{};
    TextSlot traceparent{};
    DataDraft data{};
};

}  // namespace core
