#include "worker/adapters/admin/status_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>

#include "worker/adapters/admin/html.hpp"
#include "worker/adapters/admin/page_style.hpp"
#include "worker/adapters/admin/picture.hpp"

namespace admin {
namespace {

std::string state(std::string_view kind, std::string_view word) {
    return fmt::format("<span class=\"state {}\">{}</span>", kind, escaped(word));
}

std::string since(common::WallTime now, common::Duration span) {
    return fmt::format(
        "{}<br><small>since {}</small>", span_text(span),
        time_text(now - std::chrono::floor<common::WallTime::duration>(span)));
}

std::string section(std::string_view id, std::string_view title, const std::string& body) {
    return fmt::format(
        "<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>\n{2}</section>\n", id, title, body);
}

std::string_view gate_words(core::GateReason reason) {
    switch (reason) {
        case core::GateReason::none:
            return "";
        case core::GateReason::credential_refused:
            return "Apple refuses the credential: key, ids or clock are wrong. A replaced .p8 file is tried "
                   "within a second.";
        case core::GateReason::throttled:
            return "Apple takes no more for now. It opens by itself.";
        case core::GateReason::misdirected:
            return "Answers that no API of Apple gives: look at the address and the proxy.";
        case core::GateReason::rejecting_everything:
            return "Apple rejects every command: look at the address, the app and the values.";
    }
    return "";
}

std::string answer_html(const core::Status& status, const Scene& scene) {
    const Verdict told = verdict(status, scene.around);
    struct Words {
        std::string_view kind;
        std::string_view text;
    };
    constexpr std::array<Words, 4> words{{
        {"good", "No, as far as this worker knows"},
        {"good", "Work is under way, nobody waits for long"},
        {"bad", "Somebody may be"},
        {"unknown", "Not known"},
    }};
    const Words& said = words[static_cast<std::size_t>(told.answer)];
    std::string html = fmt::format(
        "<p class=\"answer {}\">{}{}</p>\n", said.kind, said.text,
        told.oldest ? fmt::format(
                          ": {}, since {}", span_text(*told.oldest),
                          time_text(scene.now - std::chrono::floor<common::WallTime::duration>(*told.oldest)))
                    : "");
    html += "<ul>\n";
    for (const std::string& sentence : told.because) {
        html += fmt::format("<li>{}</li>\n", escaped(sentence));
    }
    return html + "</ul>\n";
}

std::string oldest_html(const core::Status& status, const Scene& scene) {
    Table table{"Oldest event that is not executed, by what it waits for", {"Such an event", "Oldest"}};
    for (const core::Wait wait : core::wait_kinds) {
        const auto& oldest = status.oldest_by_wait.at(static_cast<std::size_t>(wait));
        table.rows.push_back(
            {std::string{wait_words(wait)}, oldest ? since(scene.now, *oldest) : std::string{"none"}});
    }
    const std::optional<Letters>& letters = scene.around.letters;
    const bool known = letters && letters->watched > 0;
    table.rows.push_back(
        {"lies in a dead-letter topic and is owed", !known                ? state("unknown", "not known")
                                                    : letters->all() == 0 ? "none"
                                                    : letters->oldest     ? since(scene.now, *letters->oldest)
                                                                          : state("unknown", "not known")});
    std::string html = table_html(table);
    if (known && letters->all() > 0) {
        Table open{"Open dead letters, by reason", {"Reason", "Letters"}};
        for (const auto& [reason, count] : letters->open) {
            open.rows.push_back({escaped(reason), fmt::to_string(count)});
        }
        html +=
            table_html(open) +
            "<p><code>autosignin-worker dead-letters list</code> says what each of them is and whose turn it "
            "is.</p>\n";
    }
    return html;
}

std::string gates_html(const core::Status& status, const Scene& scene) {
    Table table{"Gates: all calls with one credential", {"Credential", "State", "Closed for"}};
    for (const core::GateStatus& gate : status.gates) {
        const bool open = gate.state == core::GateState::open;
        std::string what = state(open ? "good" : "bad", core::state_name(gate.state));
        if (!open) {
            what += fmt::format(
                " {}<br><small>{} {}", core::reason_name(gate.reason), gate_words(gate.reason),
                counted(gate.lanes_waiting, "account waits", "accounts wait"));
            what += gate.reopens_in ? fmt::format("; next probe in {}</small>", span_text(*gate.reopens_in))
                                    : "</small>";
        }
        table.rows.push_back(
            {fmt::format("{}<br><small>{}</small>", escaped(gate.credential), core::api_name(gate.api)), what,
             open ? "" : since(scene.now, gate.closed_for)});
    }
    return table_html(table);
}

std::string breakers_html(const core::Status& status, const Scene& scene) {
    Table table{"Breakers that are not closed: one kind of call", {"Call", "State", "Open for"}};
    for (const core::BreakerStatus& breaker : status.breakers) {
        if (breaker.state != core::BreakerState::closed) {
            table.rows.push_back(
                {fmt::format(
                     "{}<br><small>{}</small>", escaped(breaker.credential),
                     core::action_name(breaker.action)),
                 state("bad", core::state_name(breaker.state)) +
                     "<br><small>Apple fails these calls; they are probed</small>",
                 since(scene.now, breaker.open_for)});
        }
    }
    return table.rows.empty() ? fmt::format(
                                    "<p>{} closed: calls go through.</p>\n",
                                    counted(status.breakers.size(), "breaker is", "breakers are all"))
                              : table_html(table);
}

std::string meter(std::string_view name, std::size_t value, std::size_t most) {
    return fmt::format(
        "<tr><th scope=\"row\">{0}</th><td><meter min=\"0\" max=\"{2}\" value=\"{1}\" "
        "aria-label=\"{0}\"></meter> "
        "{1} of {2}</td></tr>\n",
        name, value, std::max<std::size_t>(1, most));
}

std::string work_html(const core::Status& status) {
    std::string html = "<table><caption>Flights and lanes</caption><tbody>\n" +
                       meter("Requests in flight", status.in_flight, status.in_flight_max);
    const auto row = [&](std::string_view name, const std::string& value) {
        html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", name, value);
    };
    row("Accounts with work", fmt::to_string(status.lanes));
    row("Accounts ready to go", fmt::to_string(status.lanes_ready));
    row("Accounts held behind a gate or breaker", fmt::to_string(status.lanes_held));
    row("Accounts waiting for our own limit", fmt::to_string(status.lanes_limited));
    row("Accounts waiting for a retry", fmt::to_string(status.lanes_waiting));
    row("Records in memory", fmt::format(
                                 "{}, {:.1f} MiB", status.records_buffered,
                                 static_cast<double>(status.bytes_buffered) / (1024.0 * 1024.0)));
    row("Letters and receipts on their way to Kafka", fmt::to_string(status.stores_in_flight));
    for (const core::EndpointStatus& endpoint : status.endpoints) {
        row(fmt::format("Streams at {}", escaped(endpoint.name)), fmt::to_string(endpoint.capacity));
    }
    return html + "</tbody></table>\n";
}

struct Row {
    const core::PartitionStatus* status = nullptr;
    std::optional<std::int64_t> lag{};
    bool refused = false;
};

std::string partition_state(const Row& row) {
    const core::PartitionStatus& one = *row.status;
    if (one.revoking) {
        return state("unknown", "being given back");
    }
    if (row.refused) {
        return state("bad", "refused") + "<br><small>the right to read the topic is missing</small>";
    }
    return one.paused ? state("bad", "paused") + "<br><small>its buffer is full</small>"
                      : state("good", "read");
}

std::string partitions_html(const core::Status& status, const Scene& scene) {
    std::map<core::TopicPartition, std::int64_t> lags;
    for (const PartitionLag& lag : scene.lags) {
        lags[lag.partition] = lag.records;
    }
    std::vector<Row> rows;
    for (const core::PartitionStatus& one : status.partitions) {
        const auto lag = lags.find(one.partition);
        rows.push_back(
            {&one, lag == lags.end() ? std::nullopt : std::optional{lag->second},
             std::find(scene.around.refused.begin(), scene.around.refused.end(), one.partition) !=
                 scene.around.refused.end()});
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) {
        return std::tuple{left.refused, left.status->paused, left.lag} >
               std::tuple{right.refused, right.status->paused, right.lag};
    });
    Table table{"Partitions of this worker", {"Partition", "State", "Lag", "Not settled", "Span"}};
    for (const core::TopicPartition& held : scene.around.held) {
        if (table.rows.size() < partitions_shown) {
            table.rows.push_back(
                {fmt::format("{}[{}]", escaped(held.topic), held.partition),
                 state("bad", "held") +
                     "<br><small>its committed offset is gone: a person has to decide</small>",
                 state("unknown", "not known"), "", ""});
        }
    }
    for (const Row& row : rows) {
        if (table.rows.size() < partitions_shown) {
            table.rows.push_back(
                {fmt::format("{}[{}]", escaped(row.status->partition.topic), row.status->partition.partition),
                 partition_state(row), row.lag ? fmt::to_string(*row.lag) : state("unknown", "not known"),
                 fmt::to_string(row.status->unsettled), fmt::to_string(row.status->span)});
        }
    }
    if (table.rows.empty()) {
        return "<p>None: this worker has no partition.</p>\n";
    }
    const std::size_t all = rows.size() + scene.around.held.size();
    return table_html(table) +
           (all > table.rows.size()
                ? fmt::format(
                      "<p>And {} more: see <a href=\"status\">/status</a>.</p>\n", all - table.rows.size())
                : "") +
           "<p><small>Lag: records above the committed offset, as of some seconds ago. Span: from the first "
           "unfinished record to the last one read.</small></p>\n";
}

std::string pictures_html(const std::vector<Moment>& moments) {
    std::vector<Point> settled;
    std::vector<Point> attempts;
    std::vector<Point> flights;
    std::vector<Point> oldest;
    for (std::size_t at = 0; at < moments.size(); ++at) {
        const Moment& one = moments[at];
        flights.push_back({one.at, static_cast<double>(one.in_flight)});
        oldest.push_back({one.at, common::seconds(one.oldest)});
        if (at > 0) {
            const Moment& before = moments[at - 1];
            const double span = std::max(0.001, common::seconds(one.at - before.at));
            settled.push_back({one.at, static_cast<double>(one.settled - before.settled) / span});
            attempts.push_back({one.at, static_cast<double>(one.attempts - before.attempts) / span});
        }
    }
    return "<div class=\"pictures\">\n" +
           picture({.title = "Oldest unexecuted event", .seconds = true}, oldest) +
           picture({"Events settled", "/s"}, settled) + picture({"Requests to Apple", "/s"}, attempts) +
           picture({"Requests in flight"}, flights) + "</div>\n";
}

std::string health_html(const Health& health) {
    if (!health.live) {
        return state("bad", "not alive") + " " + escaped(health.live_reason);
    }
    return health.ready ? state("good", "ready")
                        : state("bad", "not ready") + " " + escaped(health.ready_reason);
}

}  // namespace

std::string status_page(const core::Status& status, const Scene& scene) {
    std::string html = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>autosignin-worker</title>\n<style>{}</style></head><body>\n",
        page_style);
    html += fmt::format(
        "<header><p>autosignin-worker {}: {}</p></header>\n<main>\n<h1>Is anyone still signed in who should "
        "not be?</h1>\n",
        escaped(scene.version), health_html(scene.health) + (status.draining ? ", draining" : ""));
    html += answer_html(status, scene);
    if (status.standstill) {
        const auto& partition = status.standstill->partition;
        html += fmt::format(
            "<p class=\"answer bad\">Work stands still: {}{}. The log line standstill says what is "
            "outstanding.</p>\n",
            span_text(status.standstill->lasts),
            partition ? escaped(fmt::format(" at {}/{}", partition->topic, partition->partition)) : "");
    }
    html += section("oldest", "Why", oldest_html(status, scene));
    html += section("minutes", "The last minutes", pictures_html(scene.history));
    html += section("apple", "Apple", gates_html(status, scene) + breakers_html(status, scene));
    html += section("work", "Work", work_html(status));
    html += section("partitions", "Kafka", partitions_html(status, scene));
    html += fmt::format(
        "</main>\n<footer><p>As of {}. Only this worker: each replica has a page of its own. The page renews "
        "itself "
        "every {} s; <a href=\"?refresh=off\">stop that</a> or <a href=\"./\">go on</a>.</p>\n"
        "<nav aria-label=\"Other pages\"><a href=\"status\">/status</a> <a href=\"metrics\">/metrics</a> "
        "<a href=\"readyz\">/readyz</a> <a href=\"livez\">/livez</a></nav></footer>\n</body></html>\n",
        time_text(scene.now), page_refresh_seconds);
    return html;
}

}  // namespace admin
