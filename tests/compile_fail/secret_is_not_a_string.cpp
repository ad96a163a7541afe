#include <string>

#include "common/secret.hpp"

std::string text(const common::Secret& secret) {
#ifdef FORBIDDEN
    return std::string{secret};
#else
    return std::string{secret.expose()};
#endif
}
