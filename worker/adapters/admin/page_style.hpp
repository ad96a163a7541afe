// How the status page looks, and what a browser may do with it.
#pragma once

#include <string_view>

namespace admin {

inline constexpr int page_refresh_seconds = 5;

extern const std::string_view page_style;

// Nothing is loaded from anywhere; the one style sheet is known by its SHA-256, so that nothing that found
// its way into the page could bring another, or a script.
extern const std::string_view page_policy;

}  // namespace admin
