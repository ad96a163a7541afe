#include "tests/kafka/account_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/prng.hpp"
#include "worker/core/settle/text.hpp"

namespace lane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view structured_type = "application/cloudevents+json";

struct Person {
    std::size_t account = 0;
    std::vector<std::string> stored{};  // the values that may still be stored, oldest first: two at most
};

std::string now_text() {
    std::string text;
    core::append_rfc3339(
        text, std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    return text;
}

class Drawer {
public:
    explicit Drawer(const HistoryOptions& options) : options_{options}, prng_{options.seed} {
        history_.app = options.name;
        for (std::size_t i = 0; i < options.people; ++i) {
            people_.push_back(newcomer());
        }
    }

    History draw() {
        for (std::size_t i = 0; i < options_.events; ++i) {
            const std::string id = fmt::format("{}-{}", options_.name, i);
            history_.events.push_back(prng_.chance(options_.invalid_share) ? invalid(id) : valid(id));
        }
        return std::move(history_);
    }

private:
    std::string fresh_value() {
        return fmt::format("{}{}.{}.{:016x}", value_mark, options_.name, ++values_, prng_.bits());
    }

    Person newcomer() {
        const std::string value = fresh_value();
        history_.accounts.push_back(
            {fmt::format("{}-account-{}", options_.name, history_.accounts.size()), value, value});
        return {history_.accounts.size() - 1, {value}};
    }

    Person& someone() {
        const double drawn = static_cast<double>(prng_.bits() >> 11U) * 0x1.0p-53;
        const auto at =
            static_cast<std::size_t>(std::pow(drawn, options_.skew) * static_cast<double>(people_.size()));
        return people_[std::min(at, people_.size() - 1)];
    }

    SentEvent valid(const std::string& id) {
        Person& person = someone();
        const std::uint64_t what = prng_.below(100);
        if (what < 3) {
            return wrap(
                id, person.account, "account.password-changed.v1", {}, "");  // nothing stored: nothing to do
        }
        if (what >= 80) {
            constexpr const char* last_words[] = {
                "account.password-changed.v1", "account.opted-out.v1", "account.sign-in-flagged.v1",
                "account.deleted.v1"};
            SentEvent event = wrap(id, person.account, last_words[prng_.below(4)], person.stored, "");
            history_.accounts[person.account].last_value.reset();
            person = newcomer();
            return event;
        }
        const std::string replacement = fresh_value();
        SentEvent event = wrap(
            id, person.account, what < 70 ? "account.password-changed.v1" : "account.sign-in-flagged.v1",
            person.stored, replacement);
        history_.accounts[person.account].last_value = replacement;
        person.stored = {person.stored.back(), replacement};
        return event;
    }

    SentEvent wrap(
        const std::string& id, std::size_t account, const std::string& type,
        const std::vector<std::string>& values, const std::string& replacement) {
        Json tokens = Json::array();
        SentEvent event;
        event.leaves = replacement;
        for (const std::string& value : values) {
            Json token{{"value", value}};
            if (!replacement.empty()) {
                token["replacement"] = replacement;
            }
            tokens.push_back(std::move(token));
            event.demands.push_back(
                {replacement.empty() ? core::Action::erase : core::Action::update, value, replacement});
        }
        Json data{{"app", history_.app}, {"sign_in_tokens", std::move(tokens)}};
        event.id = id;
        event.account = account;
        event.key = history_.accounts[account].name;
        event.binary = prng_.chance(0.5);
        if (event.binary) {
            event.headers = {
                {"ce_specversion", "1.0"},
                {"ce_id", id},
                {"ce_source", "/lane"},
                {"ce_type", type},
                {"ce_subject", event.key},
                {"ce_time", now_text()},
                {"content-type", "application/json"}};
            event.value = data.dump();
        } else {
            event.headers = {{"content-type", std::string{structured_type}}};
            event.value =
                Json{{"specversion", "1.0"}, {"id", id},           {"source", "/lane"},      {"type", type},
                     {"subject", event.key}, {"time", now_text()}, {"data", std::move(data)}}
                    .dump();
        }
        return event;
    }

    // Broken in one way each, with a value inside that nobody may see outside the original's bytes.
    SentEvent invalid(const std::string& id) {
        const std::string account = history_.accounts.front().name;
        SentEvent event = wrap(id, 0, "account.opted-out.v1", {fresh_value()}, "");
        event.valid = false;
        event.demands.clear();
        event.key = "invalid-" + id;
        if (event.binary) {
            event.headers[2 + prng_.below(2)].value = "";  // source or type
            return event;
        }
        std::string& text = *event.value;
        switch (prng_.below(4)) {
            case 0:  // cut off
                text.resize(text.size() - 7);
                break;
            case 1:
                text.replace(text.find("opted-out"), 9, "opted-off");
                break;
            case 2:
                text.replace(text.find("\"1.0\""), 5, "1");
                break;
            default:
                text.replace(text.find("sign_in_tokens"), 14, "sign_in_values");
                break;
        }
        return event;
    }

    const HistoryOptions& options_;
    common::Prng prng_;
    History history_;
    std::vector<Person> people_;
    std::uint64_t values_ = 0;
};

}  // namespace

sim::Wanted History::wanted() const {
    sim::Wanted all;
    for (const Account& account : accounts) {
        all[account.name] = account.last_value;
    }
    return all;
}

std::size_t History::demands() const {
    std::size_t count = 0;
    for (const SentEvent& event : events) {
        count += event.demands.size();
    }
    return count;
}

std::size_t History::invalid() const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [](const SentEvent& event) { return !event.valid; }));
}

History draw_history(const HistoryOptions& options) {
    return Drawer{options}.draw();
}

void keep_first(History& history, std::size_t events) {
    history.events.resize(std::min(events, history.events.size()));
    for (Account& account : history.accounts) {
        account.last_value = account.first_value;
    }
    for (const SentEvent& event : history.events) {
        if (!event.demands.empty()) {
            history.accounts[event.account].last_value =
                event.leaves.empty() ? std::nullopt : std::optional{event.leaves};
        }
    }
}

}  // namespace lane
