#include "worker/app/dead_letters/listing.hpp"

#include <algorithm>

namespace app::dead_letters {

common::Result<Listing> look(Shelf& shelf, const ListOptions& options, const Progress& progress) {
    Listing listing;
    core::Doubts doubts{options.selection, shelf.known()};
    std::uint64_t total = 0;
    std::uint64_t before = 0;
    const auto start = [&](const Stretch& stretch) {
        return options.settled_too ? stretch.first : stretch.settled;
    };
    for (const Stretch& stretch : shelf.stretches()) {
        total += static_cast<std::uint64_t>(stretch.end - start(stretch));
        listing.expired += stretch.expired;
    }
    listing.missing_topics = shelf.missing();
    for (const Stretch& stretch : shelf.stretches()) {
        const auto take = [&](core::LetterRead&& read, core::Record&& record) {
            const bool settled = is_settled(stretch, record.offset);
            progress(before + static_cast<std::uint64_t>(record.offset - start(stretch)), total);
            if (settled && !options.settled_too) {
                return true;
            }
            if (const auto* const foreign = std::get_if<core::NotALetter>(&read)) {
                if (listing.not_letters++ == 0) {
                    listing.not_letter_example =
                        core::position_text(foreign->place.partition, foreign->place.offset) + ": " +
                        foreign->why;
                }
                return true;
            }
            ++listing.looked_at;
            core::Letter& letter = std::get<core::Letter>(read);
            doubts.saw(letter);
            if (core::selects(options.selection, letter)) {
                ++listing.letters;
                listing.open += settled ? 0 : 1;
                listing.groups.add(letter);
                if (options.each && listing.each.size() < each_max) {
                    listing.each.push_back({std::move(letter), settled});
                }
            }
            return true;
        };
        if (const auto done = shelf.read(stretch, start(stretch), take); !done) {
            return done.error();
        }
        before += static_cast<std::uint64_t>(stretch.end - start(stretch));
    }
    listing.doubts = doubts.sentences();
    progress(total, total);
    return listing;
}

}  // namespace app::dead_letters
