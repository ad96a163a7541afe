#include "worker/app/dead_letters/rendering.hpp"

namespace app::dead_letters {

std::string rendered(
    const Listing& listing, const ListOptions& options, Format format, common::WallTime now) {
    switch (format) {
        case Format::json:
            return list_json(listing, options, now);
        case Format::csv:
            return list_csv(listing, options);
        case Format::table:
            break;
    }
    return list_table(listing, options, now);
}

}  // namespace app::dead_letters
