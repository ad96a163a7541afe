#include "worker/sim/world/trace.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace sim {

Trace::Trace(const Timeline& timeline, Out out)
    : timeline_{timeline}, start_{timeline.now().steady}, out_{std::move(out)} {}

void Trace::line(WorkerId worker, char mark, std::string_view what) {
    fmt::memory_buffer text;
    fmt::format_to(
        std::back_inserter(text), "{:12.6f} w{} {} {}", common::seconds(timeline_.now().steady - start_),
        worker, mark, what);
    const std::string_view line{text.data(), text.size()};
    for (const char byte : line) {  // FNV-1a
        hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
    }
    ++lines_;
    if (out_) {
        out_(line);
    }
}

}  // namespace sim
