#include "worker/core/event/json_reader.hpp"

#include <fmt/format.h>
#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/utf8.hpp"
#include "worker/core/event/envelope.hpp"

namespace core {
namespace {

using nlohmann::json;

// Which object or array of the contract the parser is inside of.
enum class Place : std::uint8_t { nowhere, envelope, data, tokens, token, sessions, session };

// What the next value fills.
enum class Kind : std::uint8_t { ignored, text, secret, flag, object, array };
struct Target {
    Kind kind = Kind::ignored;
    Slot* slot = nullptr;
    Place inside = Place::nowhere;  // for objects and arrays
};

Target text(TextSlot& slot) {
    return {Kind::text, &slot};
}
Target secret(SecretSlot& slot) {
    return {Kind::secret, &slot};
}

// The parser calls these functions as it meets tokens (nlohmann's SAX interface); false stops it.
class Reader {
public:
    Reader(Draft& draft, JsonRoot root, std::size_t bytes) : draft_{draft}, bytes_{bytes} {
        if (root == JsonRoot::data) {
            depth_ = base_ = 1;  // as deep as in the structured form
        }
    }

    [[nodiscard]] bool too_deep() const { return too_deep_; }
    [[nodiscard]] std::size_t error_byte() const { return error_byte_; }

    bool null() { return scalar(Found::null); }
    bool number_integer(json::number_integer_t /*value*/) { return scalar(Found::wrong_type); }
    bool number_unsigned(json::number_unsigned_t /*value*/) { return scalar(Found::wrong_type); }
    bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) {
        return scalar(Found::wrong_type);
    }
    bool binary(json::binary_t& /*value*/) { return scalar(Found::wrong_type); }

    bool boolean(bool value) {
        const Target target = take_target();
        if (target.kind == Kind::flag) {
            auto& flag = static_cast<FlagSlot&>(*target.slot);
            flag.found = Found::right;
            flag.value = value;
        } else if (target.kind != Kind::ignored) {
            target.slot->found = Found::wrong_type;
        }
        return true;
    }

    bool string(std::string& value) {
        const Target target = take_target();
        switch (target.kind) {
            case Kind::text:
                static_cast<TextSlot&>(*target.slot).text = value;
                target.slot->found = Found::right;
                return true;
            case Kind::secret:
                static_cast<SecretSlot&>(*target.slot).text = common::Secret{std::string{value}};
                target.slot->found = Found::right;
                break;
            case Kind::flag:
            case Kind::object:
            case Kind::array:
                target.slot->found = Found::wrong_type;
                break;
            case Kind::ignored:
                break;
        }
        // A misplaced or misspelt token is as secret as one in its place.
        explicit_bzero(value.data(), value.size());
        return true;
    }

    bool start_object(std::size_t /*elements*/) { return enter(Kind::object); }
    bool start_array(std::size_t /*elements*/) { return enter(Kind::array); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }

    bool key(std::string& name) {
        // This is the parser's one buffer for strings: room for the longest token it may meet keeps it from
        // leaving half-grown copies of tokens in freed memory.
        if (name.capacity() < bytes_) {
            name.reserve(bytes_);
        }
        target_ = member(name);
        if (target_.slot != nullptr && target_.slot->found != Found::absent) {
            target_.slot->repeated = true;
            target_ = {};
        }
        return true;
    }

    bool parse_error(
        std::size_t byte, const std::string& /*token*/, const nlohmann::detail::exception& /*why*/) {
        error_byte_ = byte;
        return false;
    }

private:
    [[nodiscard]] Place place() const { return depth_ == base_ ? Place::nowhere : places_[depth_ - 1]; }

    // The slot of the member `name` of the object being read.
    Target member(std::string_view name) {
        switch (place()) {
            case Place::envelope:
                return attribute(name);
            case Place::data:
                return data_member(name);
            case Place::token: {
                TokenDraft& token = draft_.data.sign_in_tokens.items.back();
                if (name == "value") {
                    return secret(token.value);
                }
                return name == "replacement" ? secret(token.replacement) : Target{};
            }
            case Place::session: {
                SessionDraft& session = draft_.data.sign_in_with_apple.items.back();
                if (name == "client_id") {
                    return text(session.client_id);
                }
                if (name == "refresh_token") {
                    return secret(session.refresh_token);
                }
                return name == "access_token" ? secret(session.access_token) : Target{};
            }
            case Place::nowhere:
            case Place::tokens:
            case Place::sessions:
                break;
        }
        return {};
    }

    Target attribute(std::string_view name) {
        if (name == "data") {
            return {Kind::object, &draft_.data, Place::data};
        }
        TextSlot* slot = attribute_slot(draft_, name);
        return slot != nullptr ? text(*slot) : Target{};
    }

    Target data_member(std::string_view name) {
        DataDraft& data = draft_.data;
        if (name == "app") {
            return text(data.app);
        }
        if (name == "sign_in_tokens") {
            return {Kind::array, &data.sign_in_tokens, Place::tokens};
        }
        if (name == "sign_out_everywhere") {
            return {Kind::flag, &data.sign_out_everywhere};
        }
        if (name == "sign_in_with_apple") {
            return {Kind::array, &data.sign_in_with_apple, Place::sessions};
        }
        return name == "payload" ? secret(data.payload) : Target{};
    }

    template <class Item>
    static Target item(ListSlot<Item>& list, Place inside) {
        if (list.items.size() == items_max) {
            list.too_many = true;
            return {};
        }
        return {Kind::object, &list.items.emplace_back(), inside};
    }

    Target take_target() {
        if (depth_ == base_) {
            return base_ == 0 ? Target{Kind::object, &draft_, Place::envelope}
                              : Target{Kind::object, &draft_.data, Place::data};
        }
        switch (place()) {
            case Place::tokens:
                return item(draft_.data.sign_in_tokens, Place::token);
            case Place::sessions:
                return item(draft_.data.sign_in_with_apple, Place::session);
            default:
                return std::exchange(target_, Target{});
        }
    }

    bool scalar(Found found) {
        const Target target = take_target();
        if (target.kind != Kind::ignored) {
            target.slot->found = found;
        }
        return true;
    }

    bool enter(Kind kind) {
        const Target target = take_target();
        if (depth_ == depth_max) {
            too_deep_ = true;
            return false;
        }
        const bool expected = target.kind == kind;
        if (target.kind != Kind::ignored) {
            target.slot->found = expected ? Found::right : Found::wrong_type;
        }
        places_[depth_++] = expected ? target.inside : Place::nowhere;
        return true;
    }

    bool leave() {
        --depth_;
        target_ = {};
        return true;
    }

    Draft& draft_;
    std::size_t bytes_;
    std::array<Place, depth_max> places_{};
    std::size_t depth_ = 0;
    std::size_t base_ = 0;
    Target target_;
    bool too_deep_ = false;
    std::size_t error_byte_ = 0;
};

}  // namespace

MaybeProblem read_json(std::string_view text, JsonRoot root, Draft& draft) {
    Reader reader{draft, root, std::min(text.size(), token_bytes_max)};
    if (json::sax_parse(text.begin(), text.end(), &reader)) {
        return std::nullopt;
    }
    const char* where = root == JsonRoot::data ? "/data" : "";
    if (reader.too_deep()) {
        return Problem{
            invalid::too_deep, where, fmt::format("the value is nested more than {} deep", depth_max)};
    }
    if (!common::is_utf8(text)) {
        return Problem{invalid::not_utf8, where, "the value is not UTF-8"};
    }
    return Problem{
        invalid::not_json, where, fmt::format("the value is not JSON (at byte {})", reader.error_byte())};
}

}  // namespace core
