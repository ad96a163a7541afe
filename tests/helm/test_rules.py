"""Rules: their names, every series and label in them, and every alert firing, resting and resolving."""
import re
import shlex
import shutil
import subprocess

import promql_parser
import pytest
import yaml

from chart import CHART, ROOT, files_of, helm, one, render
from rules import RULES, alerts, catalogue, groups, promtool, rules

# Texts alone: YAML would take 0x60 for a number.
CASES = yaml.load((ROOT / "tests" / "helm" / "alerts.yaml").read_text(), Loader=yaml.BaseLoader)
# Whose gate, whose breaker: where a case does not say.
STANDARD = {"app": "tv", "api": "automatic_sign_in", "credential": "tv", "action": "delete",
            "endpoint": "api.storekit.itunes.apple.com:443"}
TARGET = {"namespace": "identity", "job": "autosignin", "instance": "10.0.0.1:9464", "pod": "worker-0"}


def exported():
    """What there is before any rule: of the worker, and of Prometheus about each target."""
    return {**catalogue(), "up": set()}


def selectors(expression):
    """Every selector of an expression, and every list of labels in it (by, on, group_left)."""
    node = promql_parser.parse(expression)
    found, listed = [], []

    def walk(it):
        if isinstance(it, promql_parser.VectorSelector):
            found.append(it)
            return
        for name in ("expr", "lhs", "rhs", "param", "vector_selector", "vs"):
            child = getattr(it, name, None)
            if child is not None and not isinstance(child, (str, float)):
                walk(child)
        for child in getattr(it, "args", None) or []:
            walk(child)
        modifier = getattr(it, "modifier", None)
        if modifier is not None:
            for labels in (getattr(modifier, "labels", None), getattr(getattr(modifier, "matching", None), "labels", None),
                           getattr(modifier, "group_labels", None)):
                listed.extend(labels or [])
    walk(node)
    return found, listed


def known_series():
    """The catalogue, Prometheus' own, and what the rules record, with the labels that its name promises."""
    series = exported()
    for rule in rules():
        if "record" in rule:
            level, metric, operation = rule["record"].split(":")
            labels = set() if level == "global" else set(level.split("_"))
            series[rule["record"]] = labels | ({"namespace"} if "job" in labels else set())
    return series


def check_expression(expression, series=None):
    series = series or known_series()
    found, listed = selectors(expression)
    allowed = set(TARGET)
    for selector in found:
        assert selector.name in series, f"no series {selector.name}"
        allowed |= series[selector.name]
        for matcher in selector.matchers.matchers:
            assert matcher.name in series[selector.name] | set(TARGET), f"{selector.name} has no label {matcher.name}"
    assert set(listed) <= allowed, f"{set(listed) - allowed} are labels of none of {[it.name for it in found]}"
    return found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_promtool_is_content(path):
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.get('alert') or rule['record']}")
def test_every_series_and_label_exists(rule):
    found = check_expression(rule["expr"])
    assert found or rule["expr"].startswith("vector(")


@pytest.mark.parametrize("expression,problem", [
    ("autosignin_typo_total", "no series"),
    ('autosignin_gate_state{credentials="x"}', "no label credentials"),
    ("sum by (kind) (autosignin_commits_total)", "labels of none"),
    ("rate(autosignin_commits_total[5m]) / on (topic) autosignin_in_flight", "labels of none"),
    ("max_over_time(autosignin_tpyo[5m]) > 3", "no series"),
    ("histogram_quantile(0.9, sum by (le, app) (rate(autosignin_exchange_seconds_bucket[5m])))", "labels of none"),
])
def test_what_does_not_exist_is_found(expression, problem):
    with pytest.raises(AssertionError, match=problem):
        check_expression(expression)


@pytest.mark.parametrize("rule", [rule for rule in rules() if "record" in rule], ids=lambda rule: rule["record"])
def test_records_are_named_level_metric_operations(rule):
    assert re.fullmatch(r"(global|(namespace|job|type|le)(_(job|type|le))*):autosignin_[a-z_]+:[a-z_]+(\d+[mhd])?", rule["record"])


# Either it is so or not: the value of the expression says nothing more.
STATES = {"AutosigninCredentialRefused", "AutosigninRejectingEverything", "AutosigninKeysUnusable", "AutosigninNothingAssigned",
          "AutosigninBrokersUnreachable", "AutosigninDeadLettersUnwatched", "AutosigninWorkerAbsent", "AutosigninReplicaDown"}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"] + rule["labels"].get("window", ""))
def test_alerts_have_what_a_person_needs(rule):
    assert re.fullmatch(r"Autosignin([A-Z][a-z]+)+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    for name in ("summary", "description"):
        assert rule["annotations"][name].strip()
    assert not rule["annotations"]["summary"].endswith(".")
    assert re.search(r"[.)]$", rule["annotations"]["description"])
    assert rule["annotations"]["runbook"] == f"runbooks/{rule['alert']}.md"
    # Whoever is woken has to know by whom; and by how much, where the expression knows that.
    assert re.search(r"\{\{ \$labels\.namespace \}\}/\{\{ (\$labels\.job|\.) \}\}", rule["annotations"]["description"])
    assert ("$value" in rule["annotations"]["summary"]) != (rule["alert"] in STATES)
    # Pages are about time and states, never about offsets: those may only be there or not.
    if rule["labels"]["severity"] == "critical":
        names = re.sub(r"autosignin_offset_resets_total|group by \([^)]*\) \((last_over_time\()?autosignin_partition_committed_offset", "",
                       rule["expr"])
        assert "lag" not in names and "offset" not in names


def test_every_alert_is_tested_in_three_ways():
    assert set(CASES) == {rule["alert"] for rule in alerts()}
    for name, cases in CASES.items():
        assert any("fires" in case for case in cases) and any("quiet" in case for case in cases), name
        assert any("resolved" in case for case in cases), name
    windows = {case["labels"]["window"] for case in CASES["AutosigninBudgetBurn"] if "fires" in case}
    assert windows == {"1h", "6h", "1d", "3d"}


def standard_labels(name):
    return {label: value for label, value in STANDARD.items() if label in exported()[name]}


def series_name(text, unlabelled=False):
    name, _, own = text.partition("{")
    labels = dict(re.findall(r'(\w+)="([^"]*)"', own))
    assert name in exported() and set(labels) <= exported()[name] | set(TARGET), text
    labels = {**({} if unlabelled else TARGET), **standard_labels(name), **labels}
    if "pod" in labels and "instance=" not in own:
        labels["instance"] = labels["pod"]
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def kept_labels(alert, case):
    """An alert `without (instance, pod)` keeps what its series have."""
    (expression,) = {rule["expr"] for rule in alerts() if rule["alert"] == alert and "window" not in rule["labels"]} or {""}
    names = {name.partition("{")[0] for name in case["fires"]}
    return standard_labels(min(names)) if "without (instance, pod)" in expression else {}


def promtool_test(alert, case):
    series = [{"series": series_name(name, case.get("unlabelled", False)), "values": str(values)}
              for name, values in case.get("fires", case.get("quiet")).items()]
    checks = []
    if "fires" in case:
        labels = {"severity": "critical", **({} if case.get("unlabelled") else {"namespace": "identity", "job": "autosignin"}),
                  **kept_labels(alert, case), **case.get("labels", {})}
        fired = {"exp_labels": labels}
        if "says" in case:
            fired["exp_annotations"] = {"summary": case["says"]}
        checks.append({"eval_time": case["at"], "alertname": alert, "exp_alerts": [fired]})
        checks += [{"eval_time": case[when], "alertname": alert, "exp_alerts": []}
                   for when in ("not_before", "resolved") if when in case]
    else:
        checks += [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []} for minute in range(0, 75, 5)]
    return {"interval": case.get("step", "1m"), "input_series": series, "alert_rule_test": checks}


def rules_for(tmp_path, alert, case):
    """What the alert needs: itself, with its summary where the case says what it is, and the pair of windows that is meant."""
    kept = []
    alert_uses_records = any(":autosignin_" in rule["expr"] for rule in alerts() if rule["alert"] == alert)
    for group in groups():
        picked = []
        for rule in group["rules"]:
            if rule.get("alert", alert) != alert or ("record" in rule and not alert_uses_records):
                continue
            if "alert" in rule:
                if "window" in rule["labels"] and rule["labels"]["window"] != case.get("labels", {}).get("window", "1h"):
                    continue
                rule["annotations"] = {"summary": rule["annotations"]["summary"]} if "says" in case else {}
            picked.append(rule)
        if picked:
            kept.append({**group, "interval": case.get("step", "1m"), "rules": picked})
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": kept}))
    return path


ROWS = [(alert, case) for alert, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("alert,case", ROWS, ids=[f"{alert}: {case['because']}" for alert, case in ROWS])
def test_alerts(alert, case, tmp_path):
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({
        "rule_files": [str(rules_for(tmp_path, alert, case))], "evaluation_interval": case.get("step", "1m"),
        # Otherwise any order: what is recorded after it was asked for is gone again after a step of more than five minutes.
        "group_eval_order": [group["name"] for group in groups()], "tests": [promtool_test(alert, case)]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_storm_of_401_pages_within_five_minutes(tmp_path):
    """Prometheus as it is installed mostly: a scrape and an evaluation a minute. What is left is Alertmanager's group_wait."""
    case = {"fires": {'autosignin_gate_reason{reason="credential_refused"}': "0x9 1x20"}, "at": "12m", "not_before": "9m",
            "labels": {"reason": "credential_refused", "severity": "critical"}, "resolved": "40m"}
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(rules_for(tmp_path, "AutosigninCredentialRefused", case))],
                                    "evaluation_interval": "1m", "tests": [promtool_test("AutosigninCredentialRefused", case)]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    # The storm begins at most a minute before the scrape at 10m that shows it; it pages at 12m at the latest.
    group_wait = 30
    assert (12 - 9) * 60 + group_wait <= 300


def rendered(values):
    """The rules of a release, by name; those of one name in a list."""
    found = {}
    for group in one(render("production", values), "PrometheusRule")["spec"]["groups"]:
        for rule in group["rules"]:
            found.setdefault(rule.get("alert") or rule["record"], []).append(rule)
    return found


def test_the_age_that_pages_is_the_longest_objective():
    def of(values):
        ((record,), (alert,)) = (rendered(values)[name] for name in ("global:autosignin_slo_seconds:max", "AutosigninOldestUnexecuted"))
        assert "> scalar(global:autosignin_slo_seconds:max{" in alert["expr"]
        return record["expr"]
    assert of({}) == "vector(900)"
    objectives = [{"type": "account.deleted.v1", "seconds": seconds, "ratio": 0.99} for seconds in (900, 3600)]
    assert of({"slo": {"objectives": objectives}}) == "vector(3600)"


@pytest.mark.parametrize("seconds,found", [(900, 1), (3600, 0)])
def test_another_objective_pages_at_another_age(seconds, found, tmp_path):
    case = {"fires": {'autosignin_oldest_unexecuted_seconds{state="received"}': "1200x60"}, "at": "30m"}
    path = rules_for(tmp_path, "AutosigninOldestUnexecuted", case)
    path.write_text(path.read_text().replace("vector(900)", f"vector({seconds})"))
    test = promtool_test("AutosigninOldestUnexecuted", case)
    test["alert_rule_test"][0]["exp_alerts"] = test["alert_rule_test"][0]["exp_alerts"][:found]
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(path)], "evaluation_interval": "1m", "tests": [test]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("change", [{"for": "9m"}, {"expr": "up == 0"}, {"severity": "warning"}], ids=lambda it: next(iter(it)))
def test_four_rules_of_one_name_are_not_made_the_same(change):
    done = helm("template", "release", CHART, *files_of("production"),
                values={"prometheusRule": {"alerts": {"AutosigninBudgetBurn": change}}})
    assert done.returncode != 0 and "AutosigninBudgetBurn" in done.stderr, done.stderr
    left_out = rendered({"prometheusRule": {"alerts": {"AutosigninBudgetBurn": {"enabled": False}}}})
    assert "AutosigninBudgetBurn" not in left_out and len(rendered({})["AutosigninBudgetBurn"]) == 4


def test_raw_rules_link_to_runbooks_by_the_line_in_the_readme(tmp_path):
    (line,) = re.findall(r"^\$ (sed -i .*) rules/\*\.yaml", (CHART / "README.md").read_text(), re.M)
    for path in RULES:
        copy = shutil.copy(path, tmp_path)
        subprocess.run([*shlex.split(line), copy], check=True)
        with open(copy) as file:
            changed = yaml.safe_load(file)["groups"]
        for rule in [rule for group in changed for rule in group["rules"] if "alert" in rule]:
            assert rule["annotations"]["runbook_url"] == f"https://runbooks.example.com/autosignin/{rule['alert']}.md"
            assert "runbook" not in rule["annotations"]
    for name, rules_of_name in rendered({}).items():
        for rule in [rule for rule in rules_of_name if "alert" in rule]:
            assert rule["annotations"]["runbook_url"].endswith(f"/{name}.md") and "runbook" not in rule["annotations"]
