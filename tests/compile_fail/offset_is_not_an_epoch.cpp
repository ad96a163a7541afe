#include "worker/core/event/record.hpp"

bool same(core::Offset offset, core::Epoch epoch) {
#ifdef FORBIDDEN
    return offset == epoch;
#else
    return offset == core::Offset{7} && epoch == core::Epoch{7};
#endif
}
