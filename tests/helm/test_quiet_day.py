"""No alert fires on a quiet day, at no time of it."""
import yaml

from quiet_day import MINUTES, TARGET, day
from rules import RULES, catalogue, promtool


def fired(tmp_path, series):
    """What promtool has to say against a day without an alert."""
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
        "group_eval_order": [group["name"] for path in copies for group in yaml.safe_load(path.read_text())["groups"]],
        "tests": [{"interval": f"{MINUTES}m", "input_series": series, "promql_expr_test": [
            {"expr": 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1d]))', "eval_time": "1d",
             "exp_samples": []}]}]}))
    done = promtool("test", "rules", file)
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-3000:]


def test_no_alert_fires_on_a_quiet_day(tmp_path):
    series = [{"series": name, "values": values} for name, values in day()]
    # Or else it is a day of another worker: record it anew.
    assert {it["series"].partition("{")[0] for it in series} == {*catalogue(), "up"}
    assert not (problem := fired(tmp_path, series)), problem


def test_a_quarter_of_an_hour_of_trouble_would_be_seen(tmp_path):
    target = ",".join(f'{key}="{value}"' for key, value in TARGET.items())
    name = f'autosignin_breaker_open_seconds{{{target},api="automatic_sign_in",credential="tv",action="delete"}}'
    assert "AutosigninBreakerOpen" in fired(tmp_path, [{"series": name, "values": "0x300 400x8 0x400"}])
