#include "common/form.hpp"

#include <doctest/doctest.h>

TEST_CASE("a form field survives whatever bytes it holds") {
    struct Row {
        const char* because;
        std::string_view value;
        std::string_view field;
    };
    const Row rows[] = {
        {"a token as Apple writes it", "r1a.0-b_c", "token=r1a.0-b_c"},
        {"what would end the field", "a&b=c", "token=a%26b%3Dc"},
        {"a plus would be read as a blank", "a+b c", "token=a%2Bb%20c"},
        {"a redirect URI", "https://a.example/x?y", "token=https%3A%2F%2Fa.example%2Fx%3Fy"},
        {"bytes beyond ASCII", "\xC3\xA4\x7F", "token=%C3%A4%7F"},
        {"nothing", "", "token="},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            std::string form;
            common::append_form_field(form, "token", row.value);
            CHECK(form == row.field);
            CHECK(form.size() <= common::form_field_room("token", row.value));
        }
    }
    std::string form;
    common::append_form_field(form, "a", "1");
    common::append_form_field(form, "b", "2");
    CHECK(form == "a=1&b=2");
}
