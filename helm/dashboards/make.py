"""Makes the dashboards beside it, with Grafana's own typed models: what is misspelt does not build.

    make.py [--folder DIR]      default: this folder; a test compares

A panel is a row of a table: title, width of 24, kind, unit, why one looks at it, and queries with their legends.
`{}` in a query stands for the selector of the chosen deployment.
"""
import argparse
import pathlib

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, StackingConfig, VizLegendOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, StackingMode
from grafana_foundation_sdk.models.dashboard import (DashboardCursorSync, DataSourceRef, Threshold, ThresholdsMode,
                                                     VariableRefresh)

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
SELECTOR = 'namespace=~"$namespace",job=~"$job"'
EVERY = "$__rate_interval"


def q(text):
    """`name{}` and `name{a="b"}` with the selector of the deployment in it."""
    return text.replace("{}", "{" + SELECTOR + "}").replace("{+", "{" + SELECTOR + ",")


def rate(name, by="", own=""):
    inside = f"rate({name}{{{'+' + own if own else ''}}}[{EVERY}])"
    return f"sum by ({by}) ({inside})" if by else f"sum({inside})"


def quantile(share, name, by=""):
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket{{}}[{EVERY}])))"


GOOD_BAD = [(None, "green"), (1, "red")]
BAD_GOOD = [(None, "red"), (1, "green")]
AGE = [(None, "green"), (60, "orange"), (900, "red")]
DAY = [(None, "green"), (3600, "orange"), (86400, "red")]
SHARE = [(None, "red"), (0.99, "orange"), (0.999, "green")]

OVERVIEW = ("autosignin-overview", "Overview: is anyone still signed in?", [
    ("Now", [
        ("Longest wait", 4, "stat", "s", "Age of the oldest event that is not executed, given up or not: so long somebody may have been signed in "
         "who should not be.",
         # A worker that takes over the watch of dead letters knows nothing of them for a moment.
         [("max(last_over_time(autosignin_oldest_unexecuted_seconds{}[2m]))", "")], AGE),
        ("Dead letters open", 4, "stat", "short", "So many events need a person; nothing executes them by itself.",
         [("sum(autosignin_dead_letters_open{})", "")], GOOD_BAD),
        ("Password changes within 60 s", 4, "stat", "percentunit", "Share of the last hour, from the event's time; given up is late.",
         [('sum(increase(autosignin_time_to_execute_seconds_bucket{+type="account.password-changed.v1",le=~"60|60.0"}[1h])) / ('
           'sum(increase(autosignin_time_to_execute_seconds_count{+type="account.password-changed.v1"}[1h])) + '
           'sum(increase(autosignin_events_settled_total{+type="account.password-changed.v1",outcome="dead_lettered"}[1h])))', "")],
         SHARE),
        ("Gates not open", 4, "stat", "short", "Credentials that Apple refuses or throttles, times replicas. Their commands wait.",
         [('sum(autosignin_gate_state{+state!="open"})', "")], GOOD_BAD),
        ("Breakers not closed", 4, "stat", "short", "Kinds of calls that fail for everybody, times replicas. Their commands wait.",
         [('sum(autosignin_breaker_state{+state!="closed"})', "")], GOOD_BAD),
        ("Workers with partitions", 4, "stat", "short", "Replicas that consume. 0: nobody is signed out.",
         [("count(autosignin_partitions_assigned{} > 0) or vector(0)", "")], BAD_GOOD),
    ]),
    ("How long", [
        ("Age of the oldest event", 12, "lines", "s", "received: queued, retrying or held. dead_lettered: given up and still owed.",
         [("max by (state) (autosignin_oldest_unexecuted_seconds{})", "{{state}}")]),
        ("Time to execute", 12, "lines", "s", "From the event's time until its last command had ended.",
         [(quantile(0.5, "autosignin_time_to_execute_seconds", "type"), "{{type}} p50"),
          (quantile(0.99, "autosignin_time_to_execute_seconds", "type"), "{{type}} p99")]),
        ("What the oldest waits for", 8, "lines", "s", "Its turn, Apple's answer, a retry, a closed gate or breaker, the storing of its dead letter.",
         [("max by (wait) (autosignin_oldest_waiting_seconds{})", "{{wait}}")]),
        ("Late events", 8, "lines", "percentunit", "Share of the last hour that took longer than the objective; needs the recording rules.",
         [("max by (type, le) (job_type_le:autosignin_events_late:ratio_increase1h{})", "{{type}} > {{le}} s")]),
        ("Alerts", 8, "states", "short", "What fires now, of helm/rules, about the chosen deployments.",
         [('max by (alertname, severity) (ALERTS{+alertname=~"Autosignin.+",alertstate="firing"})', "{{alertname}}")]),
    ]),
    ("How much", [
        ("Events", 8, "lines", "ops", "Records that were decoded, by type.", [(rate("autosignin_events_total", "type"), "{{type}}")]),
        ("How events ended", 8, "stacked", "ops", "dead_lettered: somebody has to look.",
         [(rate("autosignin_events_settled_total", "outcome"), "{{outcome}}")]),
        ("Accounts with work", 8, "stacked", "short", "ready: waiting for a turn. waiting: for a retry. held: behind a gate or breaker.",
         [("sum by (state) (autosignin_lanes{})", "{{state}}")]),
        ("Records behind", 12, "lines", "short", "Not a measure of how long anybody waits.",
         [("sum by (topic) (autosignin_partition_lag_records{})", "{{topic}}")]),
        ("Standstill", 6, "lines", "s", "Work rests though nothing holds it: a fault of the worker.",
         [("max(autosignin_standstill_seconds{})", "longest"), (rate("autosignin_standstills_total"), "begun a second")]),
        ("Versions", 6, "lines", "short", "Replicas by version; two while a rollout goes on.",
         [("count by (version) (autosignin_build_info{})", "{{version}}")]),
    ]),
])

APPLE = ("autosignin-apple", "Apple", [
    ("Who lets us", [
        ("Gates", 12, "states", "short", "1: not open. A closed gate holds all commands of its credential.",
         [('max without (instance, pod) (autosignin_gate_state{+state!="open"})', "{{api}} {{credential}} {{state}}")]),
        ("Why gates are closed", 12, "states", "short", "1: the reason that holds.",
         [('max without (instance, pod) (autosignin_gate_reason{+reason!="none"})', "{{api}} {{credential}} {{reason}}")]),
        ("Breakers", 12, "states", "short", "1: the state. Open: only probed, since calls fail for everybody.",
         [('max without (instance, pod) (autosignin_breaker_state{+state!="closed"})', "{{api}} {{credential}} {{action}} {{state}}")]),
        ("Accounts behind gates", 6, "lines", "short", "Accounts whose next command waits for the gate.",
         [("sum without (instance, pod) (autosignin_gate_lanes_waiting{})", "{{api}} {{credential}}")]),
        ("Closed and open for", 6, "lines", "s", "How long a gate has been closed, a breaker open.",
         [("max without (instance, pod) (autosignin_gate_closed_seconds{})", "gate {{api}} {{credential}}"),
          ("max without (instance, pod) (autosignin_breaker_open_seconds{})", "breaker {{api}} {{credential}} {{action}}")]),
    ]),
    ("Keys and certificates", [
        ("Key that signs", 8, "lines", "short", "Its place in the list. Beyond 1: those before it cannot be read, or Apple refused them.",
         [("max without (instance, pod) (autosignin_credential_key_place{})", "{{api}} {{credential}}")]),
        ("Key files that turned bad", 8, "lines", "short", "The key read before signs on; a restart would fail.",
         [("max without (instance, pod) (autosignin_credential_key_files_unusable{})", "{{api}} {{credential}}")]),
        ("Certificates end in", 8, "lines", "s", "kafka_client is ours; a host's is the first of its chain that ends.",
         [("min without (instance, pod) (autosignin_certificate_end_timestamp_seconds{}) - time()", "{{certificate}}")]),
    ]),
    ("What it answers", [
        ("Answers", 12, "stacked", "ops", "By class, or why there was none.",
         [(rate("autosignin_attempts_total", "answer") + " > 0", "{{answer}}")]),
        ("Time of an exchange", 6, "lines", "s", "From sending a request to the end of its exchange.",
         [(quantile(0.5, "autosignin_exchange_seconds"), "p50"), (quantile(0.99, "autosignin_exchange_seconds"), "p99")]),
        ("How commands ended", 6, "lines", "ops", "By action and outcome.",
         [(rate("autosignin_commands_total", "action, outcome"), "{{action}} {{outcome}}")]),
        ("Retries", 8, "lines", "ops", "Counted against a command's limit, or free: not sent, or not its own failure.",
         [(rate("autosignin_retries_total"), "counted"), (rate("autosignin_free_retries_total"), "free")]),
        ("Canaries", 8, "lines", "ops", "Harmless calls that tell an outage from a record that always fails.",
         [(rate("autosignin_canaries_total"), "canaries")]),
        ("Commands in flight", 8, "lines", "short", "At the limit the worker waits for Apple.",
         [("sum(autosignin_in_flight{})", "in flight"), ("sum(autosignin_in_flight_limit{})", "limit")]),
    ]),
    ("The way there", [
        ("Connections", 6, "lines", "short", "Usable ones.", [("sum by (endpoint) (autosignin_connections{})", "{{endpoint}}")]),
        ("Connections made and ended", 6, "lines", "ops", "Ended, or never made, by reason.",
         [(rate("autosignin_connections_opened_total"), "opened"),
          (rate("autosignin_connections_ended_total", "reason") + " > 0", "{{reason}}")]),
        ("GOAWAY", 6, "lines", "ops", "Apple asks us to leave a connection: ordinary now and then.",
         [(rate("autosignin_goaways_total", "endpoint"), "{{endpoint}}")]),
        ("Requests that wait", 6, "lines", "short", "For a connection or a free stream, and the streams that Apple allows.",
         [("sum by (endpoint) (autosignin_exchanges_waiting{})", "{{endpoint}} waiting"),
          ("sum(autosignin_endpoint_streams{})", "streams allowed")]),
        ("Bytes", 6, "lines", "Bps", "Before encryption.",
         [(rate("autosignin_http_sent_bytes_total"), "sent"), (rate("autosignin_http_received_bytes_total"), "received")]),
        ("Until a token is signed again", 6, "lines", "s", "0: none is cached.",
         [("min without (instance, pod) (autosignin_credential_resign_seconds{})", "{{api}} {{credential}}")]),
        ("Usable keys", 6, "lines", "short", "At 0 nothing can be sent.",
         [("min without (instance, pod) (autosignin_credential_keys_usable{})", "{{api}} {{credential}}")]),
        ("Clock", 6, "lines", "s", "Apple's minus ours. Beyond 60 s tokens are refused.",
         [("max(autosignin_clock_skew_seconds{})", "most ahead"), ("min(autosignin_clock_skew_seconds{})", "most behind")]),
    ]),
])

KAFKA = ("autosignin-kafka", "Kafka and commit", [
    ("Reading", [
        ("Records", 8, "lines", "ops", "Received; of those, known as finished after a restart, or of a partition that was taken away.",
         [(rate("autosignin_records_total"), "received"), (rate("autosignin_records_already_finished_total"), "already finished"),
          (rate("autosignin_records_of_old_epochs_total"), "of old epochs")]),
        ("Lag", 8, "lines", "short", "Records above the committed offset.",
         [("sum by (topic, partition) (autosignin_partition_lag_records{})", "{{topic}}[{{partition}}]")]),
        ("Partitions", 8, "lines", "short",
         "held: not read, since somebody has to decide. unread: refused, or its offset is not known. paused: the buffer is full.",
         [("sum(autosignin_partitions_assigned{})", "assigned"), ("sum(autosignin_partitions_paused{})", "paused"),
          ("sum(autosignin_partitions_held{})", "held"), ("sum(autosignin_partitions_unread{})", "unread")]),
        ("Brokers", 6, "lines", "short", "Connections of each replica's consumer.",
         [("min(autosignin_kafka_brokers_up{})", "of the worst replica")]),
        ("Errors of Kafka", 6, "lines", "ops", "By kind; the log has the text and the remedy.",
         [(rate("autosignin_kafka_errors_total", "kind"), "{{kind}}")]),
        ("Rebalances", 6, "lines", "ops", "Changes of an assignment.", [(rate("autosignin_rebalances_total"), "changes")]),
        ("Keys that are no subject", 6, "lines", "ops", "The order of these accounts is not certain.",
         [(rate("autosignin_key_not_subject_total"), "events")]),
    ]),
    ("Holding", [
        ("Records held in memory", 8, "lines", "short", "From reception until settled.", [("sum(autosignin_records_buffered{})", "records")]),
        ("Bytes held in memory", 8, "lines", "bytes", "At limits.bytes_buffered_max partitions are paused.",
         [("sum(autosignin_records_buffered_bytes{})", "bytes")]),
        ("Accounts with work", 8, "lines", "short", "Whatever their state.", [("sum(autosignin_lanes_open{})", "accounts")]),
    ]),
    ("Committing", [
        ("Commits", 8, "lines", "ops", "A failed one is covered by the next.",
         [(rate("autosignin_commits_total"), "succeeded"), (rate("autosignin_commit_failures_total"), "failed")]),
        ("Committed offsets", 8, "lines", "short", "Offsets a second, by partition.",
         [(f"sum by (topic, partition) (deriv(autosignin_partition_committed_offset{{}}[{EVERY}]))", "{{topic}}[{{partition}}]")]),
        ("Unsettled records", 8, "lines", "short", "Received and not settled.",
         [("sum by (topic, partition) (autosignin_partition_unsettled_records{})", "{{topic}}[{{partition}}]")]),
        ("Span", 8, "lines", "short", "From the committed offset to the last received one.",
         [("max by (topic, partition) (autosignin_partition_span_offsets{})", "{{topic}}[{{partition}}]")]),
        ("Offset map", 8, "lines", "short", "Characters in the last commit; Kafka takes 4096.",
         [("max by (topic, partition) (autosignin_partition_offset_map_characters{})", "{{topic}}[{{partition}}]")]),
        ("Offset maps cut or ignored", 8, "lines", "ops", "Cut: a restart repeats more. Ignored: foreign or damaged.",
         [(rate("autosignin_offset_maps_cut_total"), "cut"), (rate("autosignin_offset_maps_ignored_total"), "ignored")]),
    ]),
    ("The process", [
        ("Loop", 6, "lines", "s", "turn: its work, which delays everything. woken late: it got no CPU.",
         [(quantile(0.5, "autosignin_loop_turn_seconds"), "turn, p50"), (quantile(0.99, "autosignin_loop_turn_seconds"), "turn, p99"),
          (quantile(0.99, "autosignin_loop_delay_seconds"), "woken late, p99")]),
        ("CPU", 6, "lines", "short", "Cores.",
         [(f"sum by (instance) (rate(process_cpu_seconds_total{{}}[{EVERY}]) and on (instance) autosignin_build_info{{}})", "{{instance}}")]),
        ("Memory", 6, "lines", "bytes", "Resident.",
         [("process_resident_memory_bytes{} and on (instance) autosignin_build_info{}", "{{instance}}")]),
        ("Descriptors", 6, "lines", "percentunit", "Of those that are allowed.",
         [("process_open_fds{} / process_max_fds{} and on (instance) autosignin_build_info{}", "{{instance}}")]),
        ("Running for", 6, "lines", "s", "Since the last start.",
         [("time() - (process_start_time_seconds{} and on (instance) autosignin_build_info{})", "{{instance}}")]),
        ("Draining", 6, "states", "short", "1: finishing its flights before it stops.", [("max by (instance) (autosignin_draining{})", "{{instance}}")]),
        ("Log lines dropped", 6, "lines", "ops", "Nobody read them.", [(rate("autosignin_log_lines_dropped_total"), "lines")]),
    ]),
])

LETTERS = ("autosignin-dead-letters", "Dead letters", [
    ("Owed", [
        ("Open", 6, "stat", "short", "So many events need a person.", [("sum(autosignin_dead_letters_open{})", "")], GOOD_BAD),
        ("Oldest", 6, "stat", "s", "From its event's time.", [("max(autosignin_dead_letters_oldest_seconds{})", "")], DAY),
        ("Taken by retention in a day", 6, "stat", "short", "What they asked for was never done: those events must be sent again.",
         [("sum(increase(autosignin_dead_letters_expired_total{}[1d]))", "")], GOOD_BAD),
        ("Partitions watched", 6, "stat", "short", "0: nobody counts, and everything here is blind.",
         [("sum(autosignin_dead_letters_watched{})", "")], BAD_GOOD),
        ("Open by reason", 12, "stacked", "short", "invalid: the emitter. rejected: Apple's answer. exhausted: failed while others succeeded.",
         [("sum by (reason) (autosignin_dead_letters_open{})", "{{reason}}")]),
        ("Age of the oldest", 12, "lines", "s", "From its event's time.", [("max(autosignin_dead_letters_oldest_seconds{})", "oldest")]),
    ]),
    ("Arriving", [
        ("Stored", 8, "stacked", "ops", "By reason.", [(rate("autosignin_dead_letters_total", "reason"), "{{reason}}")]),
        ("By event type", 8, "lines", "ops", "Events of which a command was given up.",
         [(rate("autosignin_events_settled_total", "type", 'outcome="dead_lettered"'), "{{type}}")]),
        ("By action", 8, "lines", "ops", "Commands that were given up.",
         [(rate("autosignin_commands_total", "action", 'outcome="dead_lettered"'), "{{action}}")]),
        ("Kept back", 8, "lines", "ops", "Not dead-lettered, since too many were: Apple may be wrong or partly down.",
         [(rate("autosignin_rejections_withheld_total"), "rejected"), (rate("autosignin_exhaustions_withheld_total"), "exhausted")]),
        ("Given up to free a window", 8, "lines", "ops", "Records that alone held up a full window of finished ones.",
         [(rate("autosignin_heads_given_up_total"), "records")]),
        ("Without value", 8, "lines", "ops", "The broker takes none of that size: raise its limit.",
         [(rate("autosignin_dead_letters_without_value_total"), "letters")]),
    ]),
    ("Storing", [
        ("Receipts", 8, "lines", "ops", "Acknowledged by the broker.", [(rate("autosignin_receipts_total"), "receipts")]),
        ("Stores that failed", 8, "lines", "ops", "Each is stored again, for ever; nothing is committed past it.",
         [(rate("autosignin_store_failures_total"), "failures")]),
        ("Stores under way", 8, "lines", "short", "Not acknowledged yet.", [("sum(autosignin_stores_in_flight{})", "stores")]),
    ]),
])

DASHBOARDS = {"overview": OVERVIEW, "apple": APPLE, "kafka": KAFKA, "dead-letters": LETTERS}


def thresholds(steps):
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(
        [Threshold(value=value, color=color) for value, color in steps])


def lines(kind):
    made = timeseries.Panel().height(7).fill_opacity(30 if kind == "stacked" else 8).legend(
        VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True))
    return made.stacking(StackingConfig().mode(StackingMode.NORMAL)) if kind == "stacked" else made


def panel(title, width, kind, unit, why, queries, steps=None):
    if kind == "stat":
        made = stat.Panel().thresholds(thresholds(steps)).reduce_options(ReduceDataOptions().calcs(["lastNotNull"])).height(4)
    elif kind == "states":
        made = statetimeline.Panel().height(7).fill_opacity(70).line_width(0).thresholds(thresholds(GOOD_BAD))
    else:
        made = lines(kind)
    made = made.title(title).description(why).unit(unit).span(width).datasource(SOURCE)
    for at, (query, legend) in enumerate(queries):
        made = made.with_target(prometheus.Dataquery().expr(q(query)).legend_format(legend or "__auto").ref_id(chr(ord("A") + at)))
    return made


def variable(name):
    return (dashboard.QueryVariable(name).label(name).datasource(SOURCE).query(f"label_values(autosignin_build_info, {name})")
            .multi(True).include_all(True).all_value(".*").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED))


def made(uid, title, rows):
    board = (dashboard.Dashboard(title).uid(uid).tags(["autosignin-worker"]).refresh("30s").time("now-1h", "now").timezone("browser")
             .tooltip(DashboardCursorSync.CROSSHAIR)
             .with_variable(dashboard.DatasourceVariable("datasource").label("data source").type("prometheus"))
             .with_variable(variable("namespace")).with_variable(variable("job")))
    number = 0
    for name, panels in rows:
        number += 1
        board = board.with_row(dashboard.Row(name).id(number))
        for each in panels:
            number += 1
            board = board.with_panel(panel(*each).id(number))
    return JSONEncoder(sort_keys=True, indent=1).encode(board.build()) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=pathlib.Path, default=HERE)
    folder = arguments.parse_args().folder
    for name, board in DASHBOARDS.items():
        (folder / f"{name}.json").write_text(made(*board))


if __name__ == "__main__":
    main()
