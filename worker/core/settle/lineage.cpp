#include "worker/core/settle/lineage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/core/event/text.hpp"
#include "worker/core/settle/letter_headers.hpp"
#include "worker/core/settle/number_text.hpp"

namespace core {
namespace {

std::optional<int> read_count(std::string_view text) {
    constexpr std::size_t digits_max = 9;
    return text.size() <= digits_max ? read_number<int>(text) : std::nullopt;
}

}  // namespace

const std::string* last_header(const Headers& headers, std::string_view name) {
    const auto found = std::find_if(headers.rbegin(), headers.rend(), [name](const Header& header) {
        return header.value && header.name == name;
    });
    return found == headers.rend() ? nullptr : &*found->value;
}

std::vector<std::size_t> read_command_list(std::string_view text) {
    std::vector<std::size_t> commands;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const auto index = read_number<std::size_t>(text.substr(0, comma));
        if (!index || (!commands.empty() && *index <= commands.back()) || commands.size() == commands_max) {
            return {};
        }
        commands.push_back(*index);
        if (comma == text.size()) {
            return commands;
        }
        text.remove_prefix(comma + 1);
    }
}

Lineage lineage_of(const Headers& headers) {
    Lineage lineage;
    for (const Header& header : headers) {
        if (header.value && header.name == letter_header::replay_count) {
            lineage.replays = read_count(*header.value).value_or(lineage.replays);
        }
    }
    const std::string* const of = last_header(headers, letter_header::replay_of);
    if (of == nullptr || !read_position(*of)) {
        return lineage;
    }
    lineage.of = *of;
    if (const std::string* const commands = last_header(headers, letter_header::commands)) {
        lineage.commands = read_command_list(*commands);
    }
    if (const std::string* const origin = last_header(headers, letter_header::replay_origin);
        origin != nullptr && read_position(*origin)) {
        lineage.origin = *origin;
    }
    if (const std::string* const since = last_header(headers, letter_header::owed_since)) {
        lineage.since = parse_rfc3339(*since);
    }
    return lineage;
}

std::size_t first_to_run(const Lineage& lineage, std::size_t commands) noexcept {
    const std::vector<std::size_t>& owed = lineage.commands;
    return owed.empty() || owed.back() >= commands ? 0 : owed.front();
}

std::string position_text(const TopicPartition& partition, Offset offset) {
    return fmt::format("{}/{}/{}", partition.topic, partition.partition, offset.value);
}

std::optional<Position> read_position(std::string_view text) {
    constexpr std::size_t topic_chars_max = 249;  // Kafka's own limit
    const std::size_t last = text.rfind('/');
    const std::size_t middle = last == std::string_view::npos || last == 0 ? last : text.rfind('/', last - 1);
    if (middle == std::string_view::npos || middle == 0 || middle > topic_chars_max || last == middle) {
        return std::nullopt;
    }
    const auto partition = read_number<std::int32_t>(text.substr(middle + 1, last - middle - 1));
    const auto offset = read_number<std::int64_t>(text.substr(last + 1));
    if (!partition || !offset || text.substr(0, middle).find('/') != std::string_view::npos) {
        return std::nullopt;
    }
    return Position{{std::string{text.substr(0, middle)}, *partition}, Offset{*offset}};
}

}  // namespace core
