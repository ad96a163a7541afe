// What the subcommands of `dead-letters` share: the options that say which letters are meant and how the
// answer looks, and what CLI11 does not check by itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "worker/app/dead_letters/errand.hpp"
#include "worker/app/dead_letters/rendering.hpp"
#include "worker/core/letters/selection.hpp"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace app::cli {

// As given on the command line, before it is understood.
struct LetterOptions {
    std::string config;
    std::string format = "table";
    std::string since;
    std::string until;
    std::vector<std::string> reasons;
    bool replayed = false;
    bool never_replayed = false;
    bool fail_when_open = false;
    double interval = 5;
    double wait = 60;
    std::string position;
    bool reveal = false;
    dead_letters::ListOptions list;
    dead_letters::ErrandOptions errand;
};
using GivenLetterOptions = std::shared_ptr<LetterOptions>;

[[nodiscard]] dead_letters::Format format_of(const LetterOptions& options);

void add_filters(CLI::App& command, LetterOptions& options, core::Selection& selection);
// Once all is parsed: what add_filters() could not put into the selection by itself.
void complete(const LetterOptions& options, core::Selection& selection);
void add_format(CLI::App& command, LetterOptions& options, const std::vector<std::string>& formats);

// CLI11's own checks let nan through, and read -1 as a huge count.
[[nodiscard]] CLI::Validator number_up_to(double most);
[[nodiscard]] CLI::Validator whole_number();
// A reason and a name stay on the record: neither may be blank.
[[nodiscard]] CLI::Validator not_blank();

}  // namespace app::cli
