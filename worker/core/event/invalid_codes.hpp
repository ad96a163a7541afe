// Every way in which a record can fail to be an event. The codes are part of the contract with whoever emits
// events and whoever looks at dead letters: never rename one, add new ones at the end of their group.
#pragma once

#include <array>
#include <string_view>

namespace core {

struct InvalidCode {
    std::string_view code;
    std::string_view meaning;  // one line, for the documentation
};

namespace invalid {

// The record as a whole.
inline constexpr InvalidCode tombstone{
    "tombstone", "The record has a null value. An event is never deleted by a tombstone."};
inline constexpr InvalidCode empty_value{"empty_value", "The record's value has no bytes."};
inline constexpr InvalidCode not_utf8{"not_utf8", "The value, or a ce_ header, is not UTF-8."};
inline constexpr InvalidCode not_json{"not_json", "The value is not one JSON document."};
inline constexpr InvalidCode too_deep{"too_deep", "Objects and arrays are nested more than 64 deep."};
inline constexpr InvalidCode not_an_object{"not_an_object", "The value is JSON, but not an object."};
inline constexpr InvalidCode unsupported_content_type{
    "unsupported_content_type", "The content type of the event or of its data is not JSON."};

// One member.
inline constexpr InvalidCode missing_member{"missing_member", "A required member is absent."};
inline constexpr InvalidCode duplicate_member{
    "duplicate_member", "A member, or a ce_ header, is given twice."};
inline constexpr InvalidCode wrong_type{"wrong_type", "A member has another JSON type than the schema says."};
inline constexpr InvalidCode empty_string{"empty_string", "A string that must say something is empty."};
inline constexpr InvalidCode too_long{
    "too_long", "A string is longer than allowed: 1024 bytes, 65536 for a token value, 16384 for a payload."};
inline constexpr InvalidCode too_many{"too_many", "A list holds more than 100 items."};

// What a member says.
inline constexpr InvalidCode unsupported_specversion{
    "unsupported_specversion", "The specversion is not \"1.0\"."};
inline constexpr InvalidCode unknown_type{
    "unknown_type", "The type is not an event of this contract and not a configured alias of one."};
inline constexpr InvalidCode bad_time{
    "bad_time", "The time is not an RFC 3339 date and time with an offset."};
inline constexpr InvalidCode unknown_app{"unknown_app", "The app is not configured in the worker."};
inline constexpr InvalidCode unknown_client{
    "unknown_client", "The Sign in with Apple client is not configured in the worker."};

// Members that contradict each other.
inline constexpr InvalidCode unexpected_replacement{
    "unexpected_replacement", "A replacement is given in an event that removes every token."};
inline constexpr InvalidCode signed_out_with_replacement{
    "signed_out_with_replacement", "sign_out_everywhere is true, yet a token has a replacement."};
inline constexpr InvalidCode value_is_replacement{
    "value_is_replacement", "A value is also a replacement in the same event. Values are never reused."};
inline constexpr InvalidCode different_replacements{
    "different_replacements",
    "Two tokens have different replacements. An update gives them all the same one."};
inline constexpr InvalidCode repeated_value{"repeated_value", "The same value is listed twice."};
inline constexpr InvalidCode two_session_tokens{
    "two_session_tokens", "A session is named by a refresh token and an access token. One is enough."};

}  // namespace invalid

inline constexpr std::array invalid_codes{
    invalid::tombstone,
    invalid::empty_value,
    invalid::not_utf8,
    invalid::not_json,
    invalid::too_deep,
    invalid::not_an_object,
    invalid::unsupported_content_type,
    invalid::missing_member,
    invalid::duplicate_member,
    invalid::wrong_type,
    invalid::empty_string,
    invalid::too_long,
    invalid::too_many,
    invalid::unsupported_specversion,
    invalid::unknown_type,
    invalid::bad_time,
    invalid::unknown_app,
    invalid::unknown_client,
    invalid::unexpected_replacement,
    invalid::signed_out_with_replacement,
    invalid::value_is_replacement,
    invalid::different_replacements,
    invalid::repeated_value,
    invalid::two_session_tokens,
};

}  // namespace core
