#include <string>
#include <utility>

#include "common/secret.hpp"

common::Secret made(std::string text) {
#ifdef FORBIDDEN
    return text;
#else
    return common::Secret{std::move(text)};
#endif
}
