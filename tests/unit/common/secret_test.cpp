#include "common/secret.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <new>
#include <type_traits>

namespace {

const std::string short_text = "token";  // lies inside the string object
const std::string long_text = "a-token-value-that-does-not-fit-into-the-small-string-buffer";

bool holds(const unsigned char* bytes, std::size_t size, std::string_view text) {
    return std::string_view{reinterpret_cast<const char*>(bytes), size}.find(text) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a dead secret leaves nothing in its own bytes") {
    // Long texts live on the heap, where looking after the free would be undefined; wipe() is checked below.
    alignas(common::Secret) unsigned char place[sizeof(common::Secret)] = {};
    auto* secret = new (place) common::Secret{short_text};
    REQUIRE(holds(place, sizeof place, short_text));
    secret->~Secret();
    unsigned char left[sizeof place];
    std::memcpy(left, place, sizeof place);
    CHECK_FALSE(holds(left, sizeof left, short_text));
}

TEST_CASE("wipe overwrites the whole capacity, and what was beyond the end before") {
    for (const std::string& text : {short_text, long_text}) {
        std::string copy = text;
        copy.resize(1);
        const char* bytes = copy.data();
        const std::size_t capacity = copy.capacity();
        common::wipe(copy);
        CHECK(copy.empty());
        REQUIRE(copy.data() == bytes);
        copy.resize(capacity);
        for (const char c : copy) {
            CHECK(c == '\0');
        }
    }
}

TEST_CASE("a moved-from secret is empty and shows nothing") {
    for (const std::string& text : {short_text, long_text}) {
        common::Secret from{text};
        const common::Secret to{std::move(from)};
        CHECK(to.expose() == text);
        CHECK(from.empty());  // NOLINT(bugprone-use-after-move): its state is the claim
        common::Secret assigned{"other"};
        common::Secret source{text};
        assigned = std::move(source);
        CHECK(assigned.expose() == text);
        CHECK(source.empty());  // NOLINT(bugprone-use-after-move)
    }
}

TEST_CASE("copies are independent, also of themselves") {
    common::Secret secret{long_text};
    common::Secret copy = secret;
    secret = common::Secret{short_text};
    CHECK(copy.expose() == long_text);
    common::Secret& self = copy;
    copy = self;
    CHECK(copy.expose() == long_text);
    copy = std::move(self);
    CHECK(copy.expose() == long_text);
    CHECK_FALSE((copy == secret));
}

TEST_CASE("a secret converts to nothing and from nothing by itself") {
    CHECK_FALSE(std::is_convertible_v<common::Secret, std::string>);
    CHECK_FALSE(std::is_convertible_v<common::Secret, std::string_view>);
    CHECK_FALSE(std::is_convertible_v<std::string, common::Secret>);
}
