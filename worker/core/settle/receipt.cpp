#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <cstdlib>
#include <utility>

#include "common/json_string.hpp"
#include "worker/core/settle/letter.hpp"
#include "worker/core/settle/text.hpp"

namespace core {
namespace {

constexpr std::size_t key_bytes_max = 4096;

// Writes one JSON object as text: one receipt a command is the hot path, and a tree of nodes would cost more
// than everything else there. Member names are ours and need no escaping.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_{out} { out_ += '{'; }

    // Absent things are left out, and an empty text is absent.
    void text(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            common::append_json_string(member(name), value);
        }
    }
    void number(std::string_view name, std::integral auto value) {
        const fmt::format_int digits{value};
        member(name).append(digits.data(), digits.size());
    }
    // The place to write the member's value to.
    std::string& member(std::string_view name) {
        if (!first_) {
            out_ += ',';
        }
        first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
        return out_;
    }
    void close() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

// With three decimals. Not a number, or beyond 30,000 years, is as good as absent.
void write_seconds(ObjectWriter& object, std::optional<double> seconds) {
    if (!seconds || !(std::fabs(*seconds) < 1e12)) {
        return;
    }
    const long long thousandths = std::llround(*seconds * 1000);
    std::string& out = object.member("seconds");
    if (thousandths < 0) {
        out += '-';
    }
    const long long size = std::llabs(thousandths);
    const fmt::format_int whole{size / 1000};
    out.append(whole.data(), whole.size());
    const long long rest = size % 1000;
    out += '.';
    out += static_cast<char>('0' + rest / 100);
    out += static_cast<char>('0' + rest / 10 % 10);
    out += static_cast<char>('0' + rest % 10);
}

std::string position_id(const ReceiptFacts& facts) {
    std::string id;
    id.reserve(facts.from.topic.size() + 40);
    id += facts.from.topic;
    const auto add = [&id](std::integral auto number) {
        const fmt::format_int digits{number};
        id += '/';
        id.append(digits.data(), digits.size());
    };
    add(facts.from.partition);
    add(facts.offset.value);
    if (facts.command) {
        add(*facts.command);
    }
    return id;
}

void write_data(std::string& out, const ReceiptFacts& facts) {
    ObjectWriter data{out};
    if (!facts.event_id.empty() || !facts.event_source.empty() || !facts.event_type.empty()) {
        ObjectWriter event{data.member("event")};
        event.text("id", facts.event_id);
        event.text("source", facts.event_source);
        event.text("type", facts.event_type);
        event.close();
    }
    ObjectWriter position{data.member("position")};
    position.text("topic", facts.from.topic);
    position.number("partition", facts.from.partition);
    position.number("offset", facts.offset.value);
    position.close();
    data.text("origin", facts.origin);
    data.text("app", facts.app);
    if (facts.command) {
        ObjectWriter command{data.member("command")};
        command.number("index", *facts.command);
        if (facts.action) {
            command.text("action", action_name(*facts.action));
        }
        command.close();
    }
    data.text("outcome", facts.discard ? "discarded" : outcome_name(facts.outcome));
    if (facts.session) {
        data.text("session", session_name(*facts.session));
    }
    if (facts.reason) {
        data.text("reason", reason_name(*facts.reason));
    }
    data.text("error_code", facts.error_code);
    if (facts.discard) {
        ObjectWriter discard{data.member("discard")};
        discard.text("by", facts.discard->by);
        discard.text("why", facts.discard->why);
        discard.text("superseded_by", facts.discard->superseded_by);
        discard.close();
    }
    data.number("attempts", facts.attempts);
    write_seconds(data, facts.seconds_to_outcome);
    data.text("fingerprint", facts.fingerprint);
    if (!facts.replay_of.empty()) {
        ObjectWriter replay{data.member("replay")};
        replay.text("of", facts.replay_of);
        replay.number("count", facts.replays);
        replay.close();
    }
    data.text("worker_version", facts.worker_version);
    data.close();
}

// Close from above: thousands of receipts wait for their acknowledgement, so what is reserved is held.
std::size_t expected_size(const ReceiptFacts& facts) {
    constexpr std::size_t names_and_numbers = 560;
    return names_and_numbers + 2 * facts.from.topic.size() + facts.event_id.size() +
           facts.event_source.size() + facts.event_type.size() + facts.subject.size() +
           facts.traceparent.size() + facts.app.size() + facts.error_code.size() + facts.replay_of.size() +
           facts.origin.size() + facts.fingerprint.size() + facts.worker_version.size();
}

std::string cloud_event(const ReceiptFacts& facts) {
    std::string out;
    out.reserve(expected_size(facts));
    ObjectWriter event{out};
    event.member("specversion") += R"("1.0")";
    event.text("id", position_id(facts));
    event.member("source") += R"("autosignin-worker")";
    event.member("type") += R"("autosignin.command.completed.v1")";
    event.text("subject", facts.subject);
    std::string& time = event.member("time");
    time += '"';
    append_rfc3339(time, facts.now);
    time += '"';
    event.member("datacontenttype") += R"("application/json")";
    event.text("traceparent", facts.traceparent);
    write_data(event.member("data"), facts);
    event.close();
    return out;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) noexcept {
    constexpr std::array<std::string_view, outcomes.size()> names{
        "executed", "probably_executed", "already_so", "not_found", "nothing_to_do", "dead_lettered"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string_view session_name(SessionState state) noexcept {
    constexpr std::array<std::string_view, session_states.size()> names{"valid", "over", "not_asked"};
    return names[static_cast<std::size_t>(state)];
}

OutgoingRecord receipt(
    std::string topic, const ReceiptFacts& facts, const std::optional<std::string>& original_key) {
    OutgoingRecord record;
    record.topic = std::move(topic);
    // Whatever the emitter sent as key, the receipt must fit into its topic.
    const bool usable = original_key && original_key->size() <= key_bytes_max;
    record.key = !facts.subject.empty() ? std::optional{std::string{facts.subject}}
                 : usable               ? original_key
                                        : std::nullopt;
    record.value = cloud_event(facts);
    record.headers.push_back({"content-type", "application/cloudevents+json"});
    return record;
}

}  // namespace core
