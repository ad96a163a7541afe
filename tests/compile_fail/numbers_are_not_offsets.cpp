#include "worker/core/event/record.hpp"

core::Offset from(std::int64_t number) {
#ifdef FORBIDDEN
    return number;
#else
    return core::Offset{number};
#endif
}
