#include <ostream>

#include "common/secret.hpp"

void stream(std::ostream& out, const common::Secret& secret) {
#ifdef FORBIDDEN
    out << secret;
#else
    out << secret.expose();
#endif
}
