"""No alert fires on a quiet day."""
import yaml

from quiet_day import day
from rules import RULES, alerts, catalogue, promtool

MINUTES = 2  # between two points
POINTS = 24 * 60 // MINUTES


def test_no_alert_fires_on_a_quiet_day(tmp_path):
    series = [{"series": name, "values": values} for name, values in day(POINTS)]
    # Or else it is a day of another worker: record it anew.
    assert {it["series"].partition("{")[0] for it in series} == set(catalogue())
    # 15 min are the longest `for` of a page; what is pending without firing at any of these times would be seen later.
    checks = [{"eval_time": f"{hour * 60 + minute}m", "alertname": name, "exp_alerts": []}
              for name in sorted({rule["alert"] for rule in alerts()}) for hour in range(24) for minute in (20, 50)]
    copies = []
    for path in RULES:
        groups = yaml.safe_load(path.read_text())
        for group in groups["groups"]:
            group["interval"] = f"{MINUTES}m"
        copies.append(tmp_path / path.name)
        copies[-1].write_text(yaml.safe_dump(groups))
    file = tmp_path / "day.yaml"
    file.write_text(yaml.safe_dump({
        "rule_files": [str(path) for path in copies], "evaluation_interval": f"{MINUTES}m",
        "tests": [{"interval": f"{MINUTES}m", "input_series": series, "alert_rule_test": checks}]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
