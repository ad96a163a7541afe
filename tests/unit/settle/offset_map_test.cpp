#include "worker/core/settle/offset_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/base64url.hpp"
#include "common/prng.hpp"
#include "tests/support/slowness.hpp"
#include "worker/core/settle/offset_map_format.hpp"

namespace {

using core::EncodedMap;
using core::MapOrigin;
using core::Offset;
using core::OffsetRanges;

OffsetRanges random_ranges(
    common::Prng& random, Offset committed, std::uint64_t count, std::uint64_t gap, std::uint64_t length) {
    OffsetRanges ranges;
    Offset at = committed;
    for (; count > 0; --count) {
        const Offset first = at + 1 + static_cast<std::int64_t>(random.below(gap));
        const Offset last = first + static_cast<std::int64_t>(random.below(length));
        ranges.push_back({first, last});
        at = last + 1;
    }
    return ranges;
}

bool covered(const OffsetRanges& ranges, const core::OffsetRange& part) {
    return std::any_of(ranges.begin(), ranges.end(), [&part](const core::OffsetRange& range) {
        return range.first <= part.first && part.last <= range.last;
    });
}

bool plain_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char letter) { return letter > ' ' && letter < 0x7F; });
}

std::int64_t claimed(const OffsetRanges& ranges) {
    std::int64_t offsets = 0;
    for (const core::OffsetRange& range : ranges) {
        offsets += range.last - range.first + 1;
    }
    return offsets;
}

// What the decoder promises for any text at all.
void check_bounded(Offset committed, const core::DecodedMap& map) {
    REQUIRE((map.origin == MapOrigin::ours || map.ranges.empty()));
    Offset from = committed;
    for (const core::OffsetRange& range : map.ranges) {
        REQUIRE(range.first > from);
        REQUIRE(range.last >= range.first);
        from = range.last + 1;
    }
    REQUIRE(from <= committed + core::offset_map_span_max);
}

}  // namespace

TEST_CASE("version 1 of the offset map is pinned: a later worker must read what this one wrote") {
    struct Row {
        const char* because;
        Offset committed;
        OffsetRanges ranges;
        std::string want;
    };
    const Row rows[] = {
        {"one finished offset", Offset{10}, {{Offset{11}, Offset{11}}}, "asw1b:As_7h1U"},
        {"runs",
         Offset{0},
         {{Offset{1}, Offset{500}}, {Offset{1000}, Offset{1999}}},
         "asw1r:AfQD8wPoB4atmXg"},
        {"a bitmap",
         Offset{1'000'000'007},
         {{Offset{1'000'000'008}, Offset{1'000'000'008}},
          {Offset{1'000'000'010}, Offset{1'000'000'010}},
          {Offset{1'000'000'013}, Offset{1'000'000'017}}},
         "asw1b:yge0i2Yb"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const EncodedMap map = encode_offset_map(row.committed, row.ranges);
            CHECK(map.text == row.want);
            CHECK_FALSE(map.cut);
            const auto read = decode_offset_map(row.committed, row.want);
            CHECK(read.origin == MapOrigin::ours);
            CHECK(read.ranges == row.ranges);
        }
    }
}

TEST_CASE("a map that fits comes back as it was, and one that does not is a safe part of it") {
    int cut = 0;
    for (std::uint64_t seed = 1; seed <= 3000 / test_support::slowness; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        const Offset committed{static_cast<std::int64_t>(random.below(seed % 2 == 0 ? 100 : 1ULL << 62U))};
        const OffsetRanges ranges = random_ranges(
            random, committed, random.below(1 + (1ULL << random.below(12))), 1 + (1ULL << random.below(14)),
            1 + (1ULL << random.below(14)));
        const std::size_t chars_max =
            random.chance(0.5) ? core::offset_map_chars_max : static_cast<std::size_t>(random.below(5000));
        const EncodedMap map = encode_offset_map(committed, ranges, chars_max);
        REQUIRE(map.text.size() <= std::min(chars_max, core::offset_map_chars_max));
        REQUIRE(plain_ascii(map.text));
        const auto read = decode_offset_map(committed, map.text);
        REQUIRE(read.origin == (map.text.empty() ? MapOrigin::none : MapOrigin::ours));
        check_bounded(committed, read);
        if (!map.cut) {
            REQUIRE(read.ranges == ranges);
            continue;
        }
        ++cut;
        REQUIRE(claimed(read.ranges) < claimed(ranges));
        for (const core::OffsetRange& range : read.ranges) {
            REQUIRE(covered(ranges, range));
        }
    }
    CHECK(static_cast<std::uint64_t>(cut) > 100 / test_support::slowness);
}

TEST_CASE("a full window of 20,000 records fits, in whatever order they finished") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        core::OffsetTracker tracker{Offset{5}};
        for (std::int64_t offset = 5; offset < 20'005; ++offset) {
            REQUIRE_FALSE(tracker.delivered(Offset{offset}));
        }
        const double share = static_cast<double>(seed) / 50;
        for (std::int64_t offset = 6; offset < 20'005; ++offset) {
            if (random.chance(share)) {
                REQUIRE(tracker.finished(Offset{offset}));
            }
        }
        const OffsetRanges ranges = tracker.finished_above();
        const EncodedMap map = encode_offset_map(tracker.committable(), ranges);
        CHECK_FALSE(map.cut);
        CHECK(decode_offset_map(tracker.committable(), map.text).ranges == ranges);
    }
}

TEST_CASE("what is not our map is ignored, and said to be so") {
    const Offset committed{42};
    const std::string ours =
        encode_offset_map(committed, {{Offset{43}, Offset{43}}, {Offset{50}, Offset{60}}}).text;
    REQUIRE(decode_offset_map(committed, ours).origin == MapOrigin::ours);
    struct Row {
        const char* because;
        Offset committed;
        std::string text;
        MapOrigin want;
    };
    const Row rows[] = {
        {"no metadata", committed, "", MapOrigin::none},
        {"another program's", committed, "bm9uZQ==", MapOrigin::foreign},
        {"Kafka Streams' look", committed, std::string("\x02\x00\x00\x01", 4), MapOrigin::foreign},
        {"a later version", committed, "asw2r:AAAA", MapOrigin::foreign},
        {"another kind", committed, "asw1x:AAAA", MapOrigin::foreign},
        {"a part of the prefix", committed, "asw1r", MapOrigin::foreign},
        {"the prefix alone", committed, "asw1r:", MapOrigin::damaged},
        {"a checksum of nothing", committed, "asw1r:AAAAAA", MapOrigin::damaged},
        {"cut off", committed, ours.substr(0, ours.size() - 1), MapOrigin::damaged},
        {"padded", committed, ours + "=", MapOrigin::damaged},
        {"longer", committed, ours + "A", MapOrigin::damaged},
        {"longer than Kafka allows", committed, ours + std::string(5000, 'A'), MapOrigin::damaged},
        {"carried to another offset", Offset{43}, ours, MapOrigin::damaged},
        {"carried to no offset", Offset{-1001}, ours, MapOrigin::damaged},
        {"carried to the last offset", Offset{9223372036854775807}, ours, MapOrigin::damaged},
    };
    for (const Row& row : rows) {
        SUBCASE(row.because) {
            const auto read = decode_offset_map(row.committed, row.text);
            CHECK(read.origin == row.want);
            CHECK(read.ranges.empty());
        }
    }
}

TEST_CASE("every single changed character is found") {
    const Offset committed{7};
    const std::string texts[] = {
        encode_offset_map(committed, {{Offset{9}, Offset{9}}, {Offset{2000}, Offset{9000}}}).text,
        encode_offset_map(
            committed, {{Offset{9}, Offset{9}}, {Offset{12}, Offset{13}}, {Offset{15}, Offset{15}}})
            .text,
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        for (std::size_t at = 0; at < text.size(); ++at) {
            for (int letter = 0; letter < 256; ++letter) {
                std::string changed = text;
                changed[at] = static_cast<char>(letter);
                const auto read = decode_offset_map(committed, changed);
                REQUIRE((read.origin == MapOrigin::ours) == (changed == text));
            }
        }
    }
}

TEST_CASE("garbage and damage never crash the decoder or make it claim too much") {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (std::uint64_t seed = 1; seed <= 5000 / test_support::slowness; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        const Offset committed{static_cast<std::int64_t>(random.below(1ULL << 40U))};
        std::string text;
        if (random.chance(0.5)) {
            text =
                encode_offset_map(committed, random_ranges(random, committed, 1 + random.below(50), 100, 100))
                    .text;
            for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
                char& letter = text[random.below(text.size())];
                letter = static_cast<char>(static_cast<unsigned char>(letter) ^ (1U << random.below(8)));
            }
        } else {
            text = random.chance(0.5) ? "asw1r:" : "asw1b:";
            for (std::uint64_t left = random.below(200); left > 0; --left) {
                text += random.chance(0.01) ? static_cast<char>(random.below(256))
                                            : alphabet[random.below(alphabet.size())];
            }
        }
        check_bounded(committed, decode_offset_map(committed, text));
    }
}

TEST_CASE("a right checksum over nonsense does not make the decoder claim too much") {
    int accepted = 0;
    for (std::uint64_t seed = 1; seed <= 20'000 / test_support::slowness; ++seed) {
        CAPTURE(seed);
        common::Prng random{seed};
        const Offset committed{static_cast<std::int64_t>(random.below(1ULL << 40U))};
        const std::string_view prefix = random.chance(0.7) ? core::runs_prefix : core::bitmap_prefix;
        std::vector<std::uint8_t> bytes;
        for (std::uint64_t left = 1 + random.below(12); left > 0; --left) {
            bytes.push_back(static_cast<std::uint8_t>(random.below(random.chance(0.3) ? 4 : 256)));
        }
        const std::uint32_t sum = core::map_checksum(committed, prefix, bytes);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<std::uint8_t>(sum >> shift));
        }
        std::string text{prefix};
        common::append_base64url(text, bytes);
        const auto read = decode_offset_map(committed, text);
        check_bounded(committed, read);
        accepted += read.origin == MapOrigin::ours ? 1 : 0;
    }
    CHECK(accepted > 100);
    CHECK(accepted < 19'000);
}

TEST_CASE("a map claims at most a million offsets, however far the ranges reach") {
    const Offset committed{3};
    const EncodedMap map = encode_offset_map(committed, {{Offset{5}, Offset{9'000'000}}});
    CHECK(map.cut);
    const auto read = decode_offset_map(committed, map.text);
    CHECK(read.ranges == OffsetRanges{{Offset{5}, Offset{1'000'002}}});
    const EncodedMap beyond = encode_offset_map(committed, {{Offset{1'000'003}, Offset{1'000'004}}});
    CHECK(beyond.cut);
    CHECK(beyond.text.empty());
}

TEST_CASE("an impossible committed offset has no map") {
    for (const Offset committed : {Offset{-1001}, Offset{9223372036854775807}}) {
        const EncodedMap map = encode_offset_map(committed, {{Offset{1}, Offset{9223372036854775807}}});
        CHECK(map.text.empty());
        CHECK(map.cut);
    }
}
