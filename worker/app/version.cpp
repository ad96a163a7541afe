#include "worker/app/version.hpp"

namespace app {

std::string_view version() noexcept {
    return AUTOSIGNIN_VERSION;
}

}  // namespace app
