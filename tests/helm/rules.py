"""The rules as promtool takes them, and the worker's own catalogue of series."""
import re
import subprocess

import yaml

from chart import CHART, ROOT

RULES = [CHART / "rules" / name for name in ("objectives.yaml", "slo.yaml", "symptoms.yaml")]


def groups():
    return [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]


def rules():
    return [rule for group in groups() for rule in group["rules"]]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def catalogue():
    """name -> labels, from the table that the worker's own list of series is checked against; histograms by part."""
    text = (ROOT / "worker" / "README.md").read_text().split("<!-- metrics -->")[1].split("<!-- end -->")[0]
    series = {}
    for name, kind, labels in re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", text, re.M):
        own = set(re.findall(r"`(\w+)`", labels))
        if kind == "histogram":
            series |= {f"{name}_bucket": own | {"le"}, f"{name}_sum": own, f"{name}_count": own}
        else:
            series[name] = own
    assert len(series) > 60
    return series


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
