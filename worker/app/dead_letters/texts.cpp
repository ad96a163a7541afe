#include "worker/app/dead_letters/texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "worker/adapters/log/escape.hpp"
#include "worker/core/settle/text.hpp"

namespace app::dead_letters {

std::string place_text(const core::Position& place) {
    return core::position_text(place.partition, place.offset);
}

std::string plain_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\n\\"), text.size());
        out += plain(text.substr(0, end));
        out += text.substr(end, 1);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string times_text(int times) {
    return times == 1 ? "once" : fmt::format("{} times", times);
}

std::string expired_text(std::int64_t expired) {
    return fmt::format(
        "UP TO {} EXPIRED UNSETTLED: retention took them before anybody replayed or discarded them;\n"
        "raise retention.ms of the dead-letter topic\n",
        expired);
}

std::string age_text(common::Duration age) {
    using namespace std::chrono;
    const auto minutes = duration_cast<std::chrono::minutes>(age).count();
    if (minutes < 1) {
        return fmt::format("{} s", duration_cast<std::chrono::seconds>(age).count());
    }
    if (minutes < 60) {
        return fmt::format("{} min", minutes);
    }
    if (minutes < 60 * 24) {
        return fmt::format("{} h {} min", minutes / 60, minutes % 60);
    }
    return fmt::format("{} d {} h", minutes / (60 * 24), minutes / 60 % 24);
}

std::string time_text(common::WallTime time) {
    std::string text;
    core::append_rfc3339(text, time);
    return text;
}

std::string plain(std::string_view text) {
    std::string out;
    log_lines::append_escaped(out, text, log_lines::Style::plain, std::string::npos / 4);
    return out;
}

}  // namespace app::dead_letters
