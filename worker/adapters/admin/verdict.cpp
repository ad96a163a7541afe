#include "worker/adapters/admin/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "worker/adapters/admin/html.hpp"

namespace admin {
namespace {

std::string received_words(const core::Status& status) {
    const common::Duration oldest = *status.oldest_unexecuted;
    const auto longest = std::max_element(status.oldest_by_wait.begin(), status.oldest_by_wait.end());
    const auto wait =
        core::wait_kinds.at(static_cast<std::size_t>(std::distance(status.oldest_by_wait.begin(), longest)));
    return fmt::format(
        "An event from {} ago is received and not executed: it {}.", span_text(oldest), wait_words(wait));
}

std::string letters_words(const Letters& letters) {
    const std::size_t all = letters.all();
    return fmt::format(
        "{} open{}: nothing will execute {} by itself; a person has to replay or discard.",
        counted(all, "dead letter is", "dead letters are"),
        letters.oldest ? fmt::format(", the oldest from an event {} ago", span_text(*letters.oldest)) : "",
        all == 1 ? "it" : "them");
}

void add_unread(
    const std::vector<core::TopicPartition>& partitions, std::string_view why,
    std::vector<std::string>& because) {
    constexpr std::size_t shown_max = 3;
    for (std::size_t at = 0; at < std::min(partitions.size(), shown_max); ++at) {
        because.push_back(
            fmt::format("{}[{}] is not read: {}.", partitions[at].topic, partitions[at].partition, why));
    }
    if (partitions.size() > shown_max) {
        because.push_back(fmt::format("Nor are {} partitions more.", partitions.size() - shown_max));
    }
}

void add_unknowns(const core::Status& status, const Surroundings& around, std::vector<std::string>& because) {
    if (around.brokers != Brokers::answer) {
        because.emplace_back(
            around.brokers == Brokers::away
                ? "No broker answers: events that came meanwhile are not known here."
                : "No broker was reached yet: which events there are is not known here.");
    } else if (status.partitions.empty()) {
        because.emplace_back(
            "This worker has no partition: it joins still, or others have them all and know more.");
    }
    add_unread(
        around.held, "its committed offset is gone, and a person has to decide where to go on", because);
    add_unread(around.refused, "the brokers refuse it; the right to read the topic is missing", because);
    if (!around.letters_watched) {
        because.emplace_back("Open dead letters are not counted: dead_letters.watch is false.");
    } else if (!around.letters) {
        because.emplace_back(
            "Open dead letters are not known: they are being counted, or the log line "
            "dead_letters_unwatched says what is missing.");
    } else if (around.letters->watched == 0) {
        because.emplace_back(
            "Open dead letters are not known here: this worker watches no partition of theirs; another one "
            "does, or nobody.");
    }
}

}  // namespace

std::size_t Letters::all() const noexcept {
    return std::accumulate(open.begin(), open.end(), std::size_t{0}, [](std::size_t sum, const auto& one) {
        return sum + one.second;
    });
}

std::string_view wait_words(core::Wait wait) noexcept {
    constexpr std::array<std::string_view, core::wait_kinds.size()> words{
        "waits for its turn", "was sent to Apple, which has not answered yet",
        "failed and waits for its next attempt", "is held behind a closed gate or breaker",
        "was given up, and its dead letter is being stored"};
    return words[static_cast<std::size_t>(wait)];
}

Verdict verdict(const core::Status& status, const Surroundings& around) {
    Verdict told;
    const bool letters_open = around.letters && around.letters->all() > 0;
    if (status.oldest_unexecuted) {
        told.oldest = std::max(common::Duration{}, *status.oldest_unexecuted);
        told.because.push_back(received_words(status));
    }
    if (letters_open) {
        told.oldest = std::max(told.oldest, around.letters->oldest);
        told.because.push_back(letters_words(*around.letters));
    }
    const std::size_t known = told.because.size();
    add_unknowns(status, around, told.because);
    const bool late = told.oldest && *told.oldest >= ordinary;
    if (letters_open || late) {
        told.answer = Answer::perhaps;
    } else if (told.because.size() > known) {
        told.answer = Answer::unknown;
    } else if (status.oldest_unexecuted) {
        told.answer = Answer::under_way;
    } else {
        told.answer = Answer::no;
        told.because.emplace_back(
            "Everything that this worker has received is executed or was settled, and none of the dead "
            "letters that it watches is open.");
    }
    return told;
}

}  // namespace admin
