#include "common/secret.hpp"

#include <cstring>

namespace common {

void wipe(std::string& text) noexcept {
    // Small strings live inside the object, so a moved-from string may still show its first bytes:
    // wipe the capacity, not the size.
    explicit_bzero(text.data(), text.capacity());
    text.clear();
}

}  // namespace common
