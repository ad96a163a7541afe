"""A quiet day: what a worker exported in a calm demo, played for 24 hours.

    quiet_day.py FOLDER      records quiet-day.json anew, in a minute; FOLDER is for Prometheus

A day cannot be recorded in a test's time. So a minute is: gauges repeat as they were, counters go on growing as they did.
What one worker exported is played by two, each with half of the partitions, and at ten a rollout replaces them one by one:
what comes after it has another address, and counts from 0.
"""
import itertools
import json
import os
import pathlib
import re
import sys

FILE = pathlib.Path(__file__).with_name("quiet-day.json")
STEP = 5  # seconds between two recorded points
TARGET = {"instance": "10.0.0.1:9464", "job": "autosignin", "namespace": "identity", "pod": "worker-0"}
MINUTES = 2  # between two points that are played
# Hour at which a pod is replaced, from the highest ordinal down; it is away for a point.
REPLACED = {"worker-1": 10, "worker-0": 10.25}
ADDRESSES = {"worker-0": ("10.0.0.1:9464", "10.0.0.3:9464"), "worker-1": ("10.0.0.2:9464", "10.0.0.4:9464")}


def series_name(metric):
    labels = {key: value for key, value in metric.items() if key not in ("__name__", *TARGET)}
    return metric["__name__"] + "{" + ",".join(f'{key}="{value}"' for key, value in sorted(labels.items())) + "}"


def record(folder):
    from live import Run
    run = Run(folder, os.environ["AUTOSIGNIN_DEV"], 60, "--events", "1200", "--calm", "--seed", "3")
    try:
        assert run.exit_code == 0, run.output
        found = {}
        for metric, points in run.range('{__name__=~"autosignin_.*|process_.*"}', STEP):
            if ":" in metric["__name__"]:
                continue
            if "endpoint" in metric:
                metric["endpoint"] = f"apple-{sorted(run_endpoints(run)).index(metric['endpoint'])}:443"
            # The first points are from before the join, and the last may be from the drain.
            if metric.get("certificate", "").startswith("localhost:"):
                metric["certificate"] = f"apple-{sorted(run_endpoints(run)).index(metric['certificate'])}:443"
            found[series_name(metric)] = [round(value, 3) for _, value in points[2:-2]]
    finally:
        run.stop()
    most = max(len(values) for values in found.values())
    # A series that comes and goes cannot be played; and one that is left out is an alert that nothing is known about.
    assert not (partly := sorted(name for name, values in found.items() if len(values) != most)), partly
    # Most series are the same all the time.
    short = {name: values[:1] if len(set(values)) == 1 else values for name, values in found.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in sorted(short.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def run_endpoints(run):
    return {metric["endpoint"] for metric, _ in run.range("autosignin_connections")}


def is_count(name):
    """Of a process: it begins at 0 with the next one."""
    return name.split("{")[0].endswith(("_total", "_bucket", "_count", "_sum"))


def played(name, recorded, points):
    """The recorded values again and again; what grows goes on growing."""
    values, base = [], 0
    while len(values) < points:
        values += [base + value for value in recorded]
        if is_count(name) or "_offset{" in name:
            base = values[-1]
    return values[:points]


def written(values):
    """As promtool takes them: what stays the same in short."""
    return " ".join(f"{value if isinstance(value, str) else format(value, '.15g')}x{len(list(same)) - 1}"
                    if value not in ("stale", "_") else " ".join(same)
                    for value, same in itertools.groupby(values))


def of_one_pod(recorded, pod):
    """name -> values of what this replica shows; partitions go by turns."""
    number = int(pod[-1])
    own = {name: values for name, values in recorded.items()
           if not (partition := re.search(r'partition="(\d+)"', name)) or int(partition[1]) % 2 == number}
    own["autosignin_partitions_assigned{}"] = [sum(name.startswith("autosignin_partition_committed_offset{") for name in own)]
    return own


def day():
    """(series, values) of two replicas, before and after their rollout."""
    points = 24 * 60 // MINUTES
    recorded = json.loads(FILE.read_text())
    for pod, hour in REPLACED.items():
        until = round(hour * 60 / MINUTES)
        for place, instance in enumerate(ADDRESSES[pod]):
            target = ",".join(f'{key}="{value}"' for key, value in {**TARGET, "instance": instance, "pod": pod}.items())
            for name, values in {**of_one_pod(recorded, pod), "up{}": [1]}.items():
                all_day = played(name, values, points)
                if name.startswith("process_start_time_seconds"):
                    all_day = [until * MINUTES * 60 if place else -86400] * points
                if not place:
                    shown = [*all_day[:until], "stale"]
                elif is_count(name):
                    shown = [*["_"] * (until + 1), *(value - values[0] for value in all_day[:points - until - 1])]
                else:
                    shown = [*["_"] * (until + 1), *all_day[until + 1:]]
                    if name == "up{}":
                        shown[until] = 0  # there, and not answering yet
                yield name.replace("{", "{" + target + ",").replace(",}", "}"), written(shown)


if __name__ == "__main__":
    record(sys.argv[1])
