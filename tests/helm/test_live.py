"""Against a live Prometheus that scraped a demo with faults: every panel shows something, every query runs, alerts fire
and clear, and every value that a query asks for is one that the worker exports."""
import contextlib
import io
import itertools
import json
import math
import os
import re
import subprocess
import urllib.request

import pytest
from PIL import Image

import browser
from chart import CHART
from panels import expressions, filled
from rules import alerts, rules
from test_rules import selectors
from test_runbooks import PAGES, blocks
from live import Run

# Series that are there and 0 all the time, since the demo has no such trouble.
ZERO = {
    "Taken by retention in a day": "the embedded broker keeps everything",
    "Standstill": "nothing is wrong with the worker",
    "Rebalances": "one worker alone joins before the first scrape",
    "Errors of Kafka": "the embedded broker is well",
    "Offset maps cut or ignored": "maps of this size fit",
    "Kept back": "the demo lets everything be given up, to end in a minute",
    "Given up to free a window": "no window is full",
    "Without value": "every letter fits",
    "Stores that failed": "the embedded broker takes everything",
    "Key files that turned bad": "nobody touches them",
    "Draining": "the demo ends after the last scrape",
    "Log lines dropped": "they go to a file",
    "Clock": "the scripted Apple has our clock",
}

@pytest.fixture(scope="module")
def kept():
    return browser.Keeper(seconds=1)


@pytest.fixture(scope="module")
def expositions():
    """What the worker exported each second, from the first time that it answered."""
    return []


@pytest.fixture(scope="module")
def run(tmp_path_factory, kept, expositions):
    def meanwhile(url):
        kept.look(url)
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}metrics", timeout=5) as answer:
            expositions.append(answer.read().decode())
    it = Run(tmp_path_factory.mktemp("live"), os.environ["AUTOSIGNIN_DEV"], 50, "--events", "3000", meanwhile=meanwhile)
    yield it
    it.stop()


@pytest.fixture(scope="module")
def pages(run, kept):
    """The status page as it was, on a phone and on a desk, light and dark."""
    assert kept.body, "no page was seen while the credential was refused"
    with kept.served() as url, browser.chromium() as chromium:
        return {(width, scheme): browser.look(chromium, url, width, scheme)
                for width in (browser.PHONE, browser.DESK) for scheme in ("light", "dark")}


def boards():
    return {path.stem: json.loads(path.read_text()) for path in (CHART / "dashboards").glob("*.json")}


# Whose values a configuration or a cluster makes; the values of all other labels are known beforehand.
OPEN = {"api", "credential", "endpoint", "certificate", "topic", "partition", "version", "le"}


def closed_sets(exposition):
    """(series, labels of OPEN) -> the values of the other labels, as a set of tuples."""
    found = {}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", exposition, re.M):
        own = sorted(re.findall(r'(\w+)="([^"]*)"', labels))
        if closed := tuple(value for label, value in own if label not in OPEN):
            found.setdefault((name, tuple(it for it in own if it[0] in OPEN)), set()).add(closed)
    return found


def test_what_a_worker_exports_is_an_exposition(run, expositions):
    for page in (expositions[0], expositions[-1]):
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr


def test_closed_sets_are_whole_at_the_first_scrape(run, expositions):
    """Or else the first of its kind is no increase: a series that begins with 1 has never grown."""
    assert re.search(r"^autosignin_records_total 0$", expositions[0], re.M), "too late: it has read something"
    # Not known yet: open letters, until they are counted.
    known = {key: values for key, values in closed_sets(expositions[-1]).items()
             if key[0] not in ("autosignin_dead_letters_open", "autosignin_oldest_unexecuted_seconds")}
    assert sum(map(len, known.values())) > 200
    first = closed_sets(expositions[0])
    for key, values in known.items():
        assert values == set(itertools.product(*map(set, zip(*values)))), f"{key} lacks a combination"
        # A host is known with the first connection to it, and all of its series with it.
        if key in first or not {"endpoint"} & {label for label, _ in key[1]}:
            assert first.get(key) == values, key
    types = json.loads((CHART / "values.schema.json").read_text())["properties"]["slo"]["properties"]["objectives"]
    assert {(it,) for it in types["items"]["properties"]["type"]["enum"]} == first["autosignin_events_total", ()]


def test_the_demo_ends_well(run):
    assert run.exit_code == 0, run.output[-2000:]


@pytest.mark.parametrize("name", sorted(boards()))
def test_every_query_of_every_panel_returns_data(run, name):
    shown = {}
    for title, expression in expressions(boards()[name]):
        values = [value for _, points in run.range(expression) for _, value in points if not math.isnan(value)]
        assert values, f"{title} shows nothing: {expression}"
        shown[title] = shown.get(title, False) or any(values)
    flat = {title for title, anything in shown.items() if not anything}
    assert flat <= set(ZERO), "0 all the time, for no reason that is known"


def test_the_longest_wait_is_of_dead_letters_too(run):
    """Letters of the demo stay open when nothing waits any more; the worker's farewell must not turn the number green."""
    (query,) = [expression for title, expression in expressions(boards()["overview"]) if title == "Longest wait"]
    ((_, points),) = run.range(query)
    ((_, owed),) = run.range('last_over_time(autosignin_oldest_unexecuted_seconds{state="dead_lettered"}[2m])')
    ((_, waiting),) = run.range('last_over_time(autosignin_oldest_unexecuted_seconds{state="received"}[2m])')
    assert points[-1][1] == owed[-1][1] > waiting[-1][1]


def test_every_query_of_every_runbook_runs(run):
    for name, page in PAGES.items():
        for query in blocks(page, "promql"):
            try:
                run.range(filled(query.strip()))
            except Exception as problem:
                raise AssertionError(f"{name}: {query}") from problem


def test_every_value_that_a_rule_asks_for_is_exported(run):
    """A misspelt reason or state would simply never fire. Closed sets are exported whole, as 0."""
    for rule in rules():
        for selector in selectors(rule["expr"])[0]:
            for matcher in selector.matchers.matchers:
                for value in matcher.value.split("|"):
                    assert run.range(f'{selector.name}{{{matcher.name}="{value}"}}'), f"{selector.name} {matcher.name}={value}"


def test_every_rule_is_evaluated_without_an_error(run):
    groups = json.loads(run.prometheus.get("/api/v1/rules"))["data"]["groups"]
    assert len({rule["name"] for group in groups for rule in group["rules"]}) >= len(alerts()) - 3
    for group in groups:
        for rule in group["rules"]:
            assert rule["health"] == "ok", f"{rule['name']}: {rule.get('lastError')}"


def test_a_refused_credential_fires_and_clears(run):
    told = [(what, name) for _, what, name in run.watch.history]
    assert ("firing", "AutosigninCredentialRefused") in told, run.watch.history
    assert ("resolved", "AutosigninCredentialRefused") in told, run.watch.history
    assert ("firing", "AutosigninDeadLettersOpen") in told


def test_a_storm_of_401_pages_within_four_minutes(storm, capsys):
    """In real time, with the intervals of the chart. What is left of five minutes is Alertmanager's group_wait."""
    storm.join(480)
    assert storm.seconds is not None, storm.problem
    with capsys.disabled():
        print(f"\na storm of 401 fired {storm.seconds:.0f} s after the first one")
    assert storm.seconds <= 240


@pytest.mark.parametrize("width", (browser.PHONE, browser.DESK))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_the_status_page_tells_a_refused_credential_to_everybody(pages, width, scheme):
    seen = pages[width, scheme]
    assert "Is anyone still signed in who should not be?" in seen.text
    assert "credential_refused" in seen.text and "is held behind a closed gate or breaker" in seen.text
    assert "at most" in seen.text and "No picture yet" not in seen.text
    assert seen.scroll_width <= width, "it has to be scrolled to the side"
    assert not seen.problems, seen.problems
    assert len(seen.asked) == 1, f"it loads something: {seen.asked}"
    assert not seen.violations, "\n".join(seen.violations)


def test_the_status_page_is_dark_where_that_is_wanted(pages):
    """The corner of the page: its ground."""
    corner = {scheme: Image.open(io.BytesIO(pages[browser.DESK, scheme].picture)).convert("L").getpixel((2, 2))
              for scheme in ("light", "dark")}
    assert corner["light"] > 200 and corner["dark"] < 50, corner
