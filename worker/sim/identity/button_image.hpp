// The Sign in with Apple button images: GET /appleid/button/logo and /appleid/button/left. A PNG of the size
// asked for, in the colour asked for; what stands on Apple's buttons is theirs, so these are plain. What is
// out of the documented ranges is 404.
#pragma once

#include <cstddef>
#include <string>

#include "worker/sim/apple/apple.hpp"

namespace sim {

inline constexpr std::string_view button_path = "/appleid/button/";

[[nodiscard]] Answer button_image(const Request& request, common::Now now);

// Black or white, with an edge of the other colour or without. PNG, one bit a pixel, not compressed.
struct PlainImage {
    std::size_t width = 0;
    std::size_t height = 0;
    bool white = false;
    bool edge = false;
};
[[nodiscard]] std::string png_of(const PlainImage& image);

}  // namespace sim
