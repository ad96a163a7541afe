"""Runbooks: one an alert, and nothing in them that does not exist: commands, flags, queries, keys, log lines."""
import functools
import json
import re
import shlex
import subprocess

import pytest
import yaml

from chart import CHART, ROOT, WORKER
from drills import kubectl
from drills.installation import ASSIGNMENTS, names
from rules import alerts, catalogue, promtool
from test_rules import CASES, check_expression, promtool_test, selectors

PAGES = {path.stem: path.read_text() for path in (CHART / "runbooks").glob("*.md") if path.stem != "README"}
SECTIONS = ["What it means to people", "First look", "Likely causes, in order", "How to fix", "How to know it is over"]

CONFIG = yaml.safe_load((CHART / "values.yaml").read_text())["config"]
HELM = {"upgrade", "rollback", "test"}


def test_the_names_that_pages_use_are_those_of_an_installation():
    kubectl.check(*kubectl.parse(["-n", ASSIGNMENTS["NS"], "exec", ASSIGNMENTS["APP"], "-c", "worker", "--", "autosignin-worker"]), names())
    assert ASSIGNMENTS["POD"] == names()["pods"][0]
    assert dict(label.split("=") for label in ASSIGNMENTS["WORKERS"].split(",")) == names()["labels"]
    # Of all releases in the namespace, and of other programs' charts too, otherwise.
    assert not [name for name, page in PAGES.items() if "component=worker" in page]


def test_one_page_an_alert():
    assert set(PAGES) == {rule["alert"] for rule in alerts()}


@pytest.fixture(params=sorted(PAGES))
def page(request):
    return PAGES[request.param]


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.S)


def inline(page):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.S))


def commands(page):
    """Every command: lines of console blocks, and whole commands in a sentence; a pipe is several."""
    lines = [line.removeprefix("$ ") for block in blocks(page, "console") for line in block.splitlines()]
    assert all(lines)
    lines += [text for text in inline(page) if re.match(r"(autosignin-worker|kubectl|helm|printf) ", text)]
    for line in lines:
        for part in re.split(r" \| (?=(?:grep|kubectl|jq))", line):
            yield shlex.split(part)


@functools.cache
def help_of(*subcommands):
    done = subprocess.run([WORKER, *subcommands, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, f"there is no autosignin-worker {' '.join(subcommands)}"
    return done.stdout


def check_worker(arguments):
    depth = 2 if arguments[0] == "dead-letters" else 1
    text = help_of(*arguments[:depth])
    for flag in arguments[depth:]:
        if flag.startswith("-"):
            assert re.search(rf"(^|[\s,]){re.escape(flag)}[\s,]", text), f"{arguments[:depth]} has no {flag}"


def check_kubectl(arguments):
    """As the drills' kubectl takes it, with names that the chart renders."""
    given = [re.sub(r"^\$(\w+)$", lambda it: ASSIGNMENTS[it[1]], it) for it in arguments if it != "&"]
    asked, inside = kubectl.parse(given)
    kubectl.check(asked, inside, names())
    if inside:
        check_worker(inside[1:])


def test_it_has_every_section_and_a_query_and_a_command(page):
    assert re.findall(r"^## (.*)", page, re.M) == SECTIONS
    assert len(blocks(page, "promql")) == 2 and len(blocks(page, "console")) == 1
    assert len(re.findall(r"^\d\. ", page, re.M)) >= 2


def test_commands_exist(page):
    seen = 0
    for command in commands(page):
        seen += 1
        program, arguments = command[0], command[1:]
        if program == "autosignin-worker":
            check_worker(arguments)
        elif program == "kubectl":
            check_kubectl(arguments)
        elif program == "helm":
            assert arguments[0] in HELM
        elif program == "curl":
            assert arguments == ["-s", "http://127.0.0.1:9464/status"], command
            assert f"port-forward \"$POD\" {CONFIG['admin']['port']} &" in page
        else:
            assert program in ("grep", "printf"), command
    assert seen


def test_what_changes_something_can_be_asked_and_is_signed(page):
    """Without a terminal nothing is asked and nothing is done; and a pod's user is nobody's name."""
    for line in [text for text in inline(page) if re.search(r"dead-letters (replay|discard)", text)]:
        assert line.startswith('kubectl -n "$NS" exec -it "$APP" -c worker -- '), line
        assert "--by NAME --why TEXT" in line, line


def test_queries_are_of_series_that_exist(page):
    for query in blocks(page, "promql"):
        assert check_expression(query.strip())


ENDS = [(name, case) for name, cases in CASES.items() for case in cases if "fires" in case]


@pytest.mark.parametrize("name,case", ENDS, ids=[f"{name}: {case['because']}" for name, case in ENDS])
def test_it_is_not_over_while_the_alert_fires(name, case, tmp_path):
    """The last query of a page answers nothing then, also where one replica is well, and something when it has resolved."""
    query = blocks(PAGES[name], "promql")[-1].strip()
    asked = {selector.name for selector in selectors(query)[0]}
    if not asked <= {series.partition("{")[0] for series in case["fires"]}:
        pytest.skip("asks for what the alert does not")
    test = promtool_test(name, case)
    del test["alert_rule_test"]
    test["promql_expr_test"] = [{"expr": query, "eval_time": case["at"], "exp_samples": []}]
    if "resolved" in case:
        test["promql_expr_test"].append({"expr": f"absent({query})", "eval_time": case["resolved"], "exp_samples": []})
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def log_lines():
    """Names of log lines are short texts in the sources."""
    return "\n".join(path.read_text() for path in (ROOT / "worker").rglob("*.cpp"))


def test_log_lines_exist(page):
    for command in commands(page):
        if command[0] == "grep":
            for word in command[-1].split("|"):
                assert re.search(rf'"{word}[a-z_]*"', log_lines()), f"nothing logs {word}"


@functools.cache
def configuration_keys():
    reference = subprocess.run([WORKER, "config-reference"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^\| `([^`]+)`", reference, re.M)


@functools.cache
def value_paths():
    def walk(node, path):
        for name, child in node.get("properties", {}).items():
            yield path + name
            yield from walk(child, path + name + ".")
    return set(walk(json.loads((CHART / "values.schema.json").read_text()), ""))


def test_keys_and_series_in_sentences_exist(page):
    for text in inline(page):
        if text.startswith("autosignin_"):
            assert text in catalogue(), text
        key = re.fullmatch(r"([a-z_]+(?:\[\])?(?:\.[A-Za-z_]+(?:\[\])?)+)(?:: \w+)?", text)
        if key and key[1] not in ("retention.ms", "offsets.retention.minutes", "min.insync.replicas"):
            known = any(it == key[1] or it.startswith(key[1] + ".") for it in configuration_keys()) or key[1] in value_paths()
            assert known, f"no key {key[1]}"


def test_pages_are_about_people(page):
    first = page.split("## First look")[0]
    assert re.search(r"\b(people|person|somebody|nobody|Nobody)\b", first)
