#include "tests/kafka/kcat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "tests/kafka/child.hpp"
#include "tests/kafka/require.hpp"

namespace lane {
namespace {

void send(
    const std::string& bootstrap, const std::string& topic, std::span<const SentEvent> events,
    const std::string& folder) {
    const std::string lines = folder + "/kcat-input";
    const std::string complaints = folder + "/kcat-output";
    std::ofstream input{lines, std::ios::trunc};
    for (const SentEvent& event : events) {
        input << event.key << '\t' << event.value.value() << '\n';
    }
    input.close();
    ChildOptions options{
        .arguments =
            {"/usr/bin/kcat", "-P", "-b", bootstrap, "-t", topic, "-K", "\t", "-X",
             "enable.idempotence=true"},
        .input_file = lines,
        .output_file = complaints};
    for (const core::Header& header : events.front().headers) {
        options.arguments.insert(
            options.arguments.end(), {"-H", fmt::format("{}={}", header.name, header.value.value_or(""))});
    }
    const auto code = Child{options}.wait(std::chrono::seconds{20});
    std::ifstream output{complaints};
    const std::string said{std::istreambuf_iterator<char>{output}, {}};
    require(code == 0, fmt::format("kcat: exit code {}: {}", code.value_or(-1), said));
}

}  // namespace

void send_by_kcat(
    const std::string& bootstrap, const std::string& topic, const std::vector<SentEvent>& events,
    const std::string& folder) {
    for (auto from = events.begin(); from != events.end();) {
        const auto to = std::find_if(
            from, events.end(), [&](const SentEvent& event) { return event.headers != from->headers; });
        send(bootstrap, topic, std::span{from, to}, folder);
        from = to;
    }
}

}  // namespace lane
