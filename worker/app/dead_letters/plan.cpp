#include "worker/app/dead_letters/plan.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "worker/app/dead_letters/texts.hpp"

namespace app::dead_letters {

common::Result<Plan> make_plan(
    Shelf& shelf, const ErrandOptions& options, const Errand& errand, const Progress& progress) {
    Plan plan;
    core::Doubts doubts{options.selection, shelf.known()};
    std::uint64_t before = 0;
    std::uint64_t total = 0;
    for (const Stretch& stretch : shelf.stretches()) {
        total += static_cast<std::uint64_t>(stretch.end - stretch.settled);
        plan.expired += stretch.expired;
    }
    for (const Stretch& stretch : shelf.stretches()) {
        const auto take = [&](core::LetterRead&& read, core::Record&& record) {
            progress(before + static_cast<std::uint64_t>(record.offset - stretch.settled), total);
            const auto* const letter = std::get_if<core::Letter>(&read);
            if (letter == nullptr || is_settled(stretch, record.offset)) {
                return true;
            }
            doubts.saw(*letter);
            if (!core::selects(options.selection, *letter)) {
                return true;
            }
            if (const auto why = errand.refuses(*letter)) {
                ++plan.refused[*why];
                return true;
            }
            ++plan.letters;
            plan.digest.add(letter->place);
            plan.groups.add(*letter);
            plan.last[stretch.partition] = record.offset;
            return options.limit == 0 || plan.letters < options.limit;
        };
        if (const auto done = shelf.read(stretch, stretch.settled, take); !done) {
            return done.error();
        }
        if (options.limit != 0 && plan.letters >= options.limit) {
            break;
        }
        before += static_cast<std::uint64_t>(stretch.end - stretch.settled);
    }
    // With a limit the rest was not looked at.
    if (options.limit == 0 || plan.letters < options.limit) {
        plan.doubts = doubts.sentences();
    }
    return plan;
}

bool is_planned(
    const Plan& plan, const ErrandOptions& options, const Errand& errand, const core::Letter& letter) {
    const auto last = plan.last.find(letter.place.partition);
    return last != plan.last.end() && letter.place.offset <= last->second &&
           core::selects(options.selection, letter) && !errand.refuses(letter);
}

std::string text_of(const Plan& plan, const ErrandOptions& options, const Errand& errand) {
    std::uint64_t open = plan.letters;  // refused ones stay so
    for (const auto& [why, letters] : plan.refused) {
        open += letters;
    }
    std::string text = fmt::format(
        "{}: {}{} open dead {} ({})\n", errand.action,
        open == plan.letters ? std::string{} : fmt::format("{} of ", plan.letters), open,
        open == 1 ? "letter" : "letters", plain(core::text_of(options.selection)));
    for (const auto& [signature, group] : plan.groups.rows()) {
        text += fmt::format("{:>8}  {}\n", group.count, plain(core::text_of(signature)));
    }
    if (plan.groups.beyond() > 0) {
        text += fmt::format("{:>8}  in further groups\n", plan.groups.beyond());
    }
    for (const std::string& doubt : plan.doubts) {
        text += fmt::format("note: {}\n", plain(doubt));
    }
    for (const auto& [why, count] : plan.refused) {
        text += fmt::format("{:>8}  refused, {}: {}\n", count, core::name_of(why), core::remedy(why));
    }
    if (plan.expired > 0) {
        text += expired_text(plan.expired);
    }
    return text;
}

std::string json_of(const Plan& plan, const ErrandOptions& options, const Errand& errand) {
    nlohmann::ordered_json document{
        {"action", errand.action},
        {"filter", core::text_of(options.selection)},
        {"selected", plan.letters},
        {"digest", plan.digest.text()},
        {"doubts", plan.doubts},
        {"groups", nlohmann::ordered_json::array()},
        {"refused", nlohmann::ordered_json::object()},
        {"expired_unsettled", plan.expired}};
    for (const auto& [signature, group] : plan.groups.rows()) {
        document["groups"].push_back({{"signature", core::text_of(signature)}, {"count", group.count}});
    }
    for (const auto& [why, count] : plan.refused) {
        document["refused"][std::string{core::name_of(why)}] = count;
    }
    return document.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace app::dead_letters
