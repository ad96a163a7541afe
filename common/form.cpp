#include "common/form.hpp"

namespace common {
namespace {

bool stays(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '.' || byte == '_' || byte == '*';
}

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char byte : text) {
        if (stays(byte)) {
            out += byte;
        } else {
            const auto bits = static_cast<unsigned char>(byte);
            out += {'%', digits[bits >> 4U], digits[bits & 0xFU]};
        }
    }
}

}  // namespace

void append_form_field(std::string& out, std::string_view name, std::string_view value) {
    if (!out.empty()) {
        out += '&';
    }
    append_encoded(out, name);
    out += '=';
    append_encoded(out, value);
}

}  // namespace common
