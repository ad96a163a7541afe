"""Against a live Prometheus that scraped a demo with faults: every panel shows something, every query runs, alerts fire
and clear, and every value that a query asks for is one that the worker exports."""
import io
import json
import math
import os

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
def run(tmp_path_factory, kept):
    it = Run(tmp_path_factory.mktemp("live"), os.environ["AUTOSIGNIN_DEV"], 50, "--events", "3000", meanwhile=kept.look)
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
    """The demo has one of an event that claims to be old; the worker's farewell must not turn the number green."""
    (query,) = [expression for title, expression in expressions(boards()["overview"]) if title == "Longest wait"]
    ((_, points),) = run.range(query)
    assert points[-1][1] > 86400


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
