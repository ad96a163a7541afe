#include <fmt/format.h>

#include "common/secret.hpp"

std::string format(const common::Secret& secret) {
#ifdef FORBIDDEN
    return fmt::format("{}", secret);
#else
    return fmt::format("{}", secret.expose());
#endif
}
