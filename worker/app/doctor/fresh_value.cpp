#include "worker/app/doctor/fresh_value.hpp"

#include <fmt/format.h>

#include <random>

namespace app::doctor {

std::string fresh_value() {
    std::random_device device;
    std::string value = "autosignin-doctor-";
    for (int i = 0; i < 4; ++i) {
        value += fmt::format("{:08x}", device());
    }
    return value;
}

}  // namespace app::doctor
