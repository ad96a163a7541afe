// Whether what Apple received of one account is what the log demands, in its order and completely, although a
// crash of the worker made it start over once.
//
// A letter that was sent again puts the same commands into the log twice, so a command that comes again may
// belong to either place. All readings are followed; one that fits is enough.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lane {

using DemandedCommand = std::pair<std::string, std::string>;  // value, replacement

class Readings {
public:
    // In the order of the log.
    explicit Readings(std::vector<DemandedCommand> commands) : commands_{std::move(commands)} {}

    // `may_start_over`: Apple received it after the crash.
    void received(const DemandedCommand& command, bool may_start_over);

    // False: in no reading was that command's turn.
    [[nodiscard]] bool possible() const noexcept { return !readings_.empty(); }
    // The fewest commands that came again in a reading that ends with the last one; none: there is no such
    // reading.
    [[nodiscard]] std::optional<std::size_t> repeated_when_complete() const;

private:
    struct Reading {
        std::size_t turn = 0;  // of commands_
        bool started_over = false;

        friend auto operator<=>(const Reading&, const Reading&) = default;
    };
    using Fewest = std::map<Reading, std::size_t>;  // repeats

    static void keep(Fewest& readings, Reading reading, std::size_t repeated);

    std::vector<DemandedCommand> commands_;
    Fewest readings_{{Reading{}, 0}};
};

}  // namespace lane
