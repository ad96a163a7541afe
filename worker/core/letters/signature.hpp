// Dead letters by what they have in common: "2,000 failures are three errors".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "worker/core/letters/read_letter.hpp"

namespace core {

struct Signature {
    std::optional<DeadLetterReason> reason = DeadLetterReason::invalid;
    std::string error_code;
    std::string
        type;  // of the event, as it calls it when the worker does not know it; "unknown": it says none
    std::string app;    // likewise; empty: it names none
    std::string topic;  // the source topic; empty: not understood

    friend auto operator<=>(const Signature&, const Signature&) = default;
};
[[nodiscard]] Signature signature_of(const Letter& letter);

// "rejected/400/account.opted-out.v1/tv/account-events": names a group on the command line. An event without
// app has
// "-".
[[nodiscard]] std::string text_of(const Signature& signature);

struct Group {
    std::uint64_t count = 0;
    std::uint64_t replayed = 0;       // of these, replayed at least once before
    common::WallTime oldest_since{};  // since when the oldest is owed
    common::WallTime first_failed{};
    common::WallTime last_failed{};
    Position example;  // of the oldest
};

class Groups {
public:
    // The account system chooses names that the worker does not know, so the kinds have no natural bound.
    static constexpr std::size_t groups_max = 1000;

    void add(const Letter& letter);
    // Letters of further groups: they are counted, and no more is known.
    [[nodiscard]] std::uint64_t beyond() const noexcept { return beyond_; }

    struct Row {
        Signature signature;
        Group group;
    };
    // The largest first; of equals the one that is owed longer.
    [[nodiscard]] std::vector<Row> rows() const;

private:
    std::map<Signature, Group> groups_;
    std::uint64_t beyond_ = 0;
};

}  // namespace core
