"""A quiet day: what a worker exported in a calm demo, played for 24 hours.

    quiet_day.py FOLDER      records quiet-day.json anew, in a minute; FOLDER is for Prometheus

A day cannot be recorded in a test's time. So a minute is: gauges repeat as they were, counters go on growing as they did.
"""
import json
import os
import pathlib
import sys

FILE = pathlib.Path(__file__).with_name("quiet-day.json")
STEP = 5  # seconds between two recorded points
TARGET = {"instance": "10.0.0.1:9464", "job": "autosignin", "namespace": "identity", "pod": "worker-0"}


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
    # Most series are the same all the time.
    short = {name: values[:1] if len(set(values)) == 1 else values for name, values in found.items() if len(values) == most}
    lines = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in sorted(short.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def run_endpoints(run):
    return {metric["endpoint"] for metric, _ in run.range("autosignin_connections")}


def is_counter(name):
    return name.split("{")[0].endswith(("_total", "_bucket", "_count", "_sum", "_offset"))


def day(points):
    """name -> `points` values, a minute or so apart: the recorded ones again and again."""
    target = ",".join(f'{key}="{value}"' for key, value in TARGET.items())
    for name, recorded in json.loads(FILE.read_text()).items():
        name = name.replace("{", "{" + target + ",").replace(",}", "}")
        if len(set(recorded)) == 1:
            yield name, f"{recorded[0]:g}x{points}"
            continue
        values, base = [], 0
        rounds = points // len(recorded) + 1
        for _ in range(rounds):
            values += [base + value for value in recorded]
            if is_counter(name):
                base = values[-1]
        yield name, " ".join(f"{value:.15g}" for value in values[:points])


if __name__ == "__main__":
    record(sys.argv[1])
