"""Dashboards: made by their own program, of Grafana's models, of series that exist."""
import json
import subprocess
import sys

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from chart import CHART
from panels import expressions, panels_of
from test_rules import check_expression, selectors

# Without them queries and the panels' own options would be read as anything.
plugins.register_default_plugins()
BOARDS = {path.stem: path.read_text() for path in (CHART / "dashboards").glob("*.json")}


def test_they_are_what_their_program_makes(tmp_path):
    subprocess.run([sys.executable, CHART / "dashboards" / "make.py", "--folder", tmp_path], check=True)
    assert {path.stem: path.read_text() for path in tmp_path.iterdir()} == BOARDS, "run helm/dashboards/make.py"


@pytest.fixture(params=sorted(BOARDS))
def board(request):
    return json.loads(BOARDS[request.param])


def without_nothing(node):
    if isinstance(node, dict):
        return {key: without_nothing(value) for key, value in node.items() if value not in (None, {}, [])}
    return [without_nothing(it) for it in node] if isinstance(node, list) else node


def read_and_written(board):
    """What Grafana's models do not know they drop."""
    return without_nothing(json.loads(JSONEncoder().encode(Dashboard.from_json(board))))


def test_no_field_is_misspelt(board):
    assert read_and_written(board) == without_nothing(board)


@pytest.mark.parametrize("place", [lambda it: it, lambda it: it["panels"][1], lambda it: it["panels"][1]["targets"][0],
                                   lambda it: it["panels"][1]["gridPos"], lambda it: it["panels"][1]["fieldConfig"]["defaults"]],
                         ids=["dashboard", "panel", "query", "place", "field"])
def test_a_misspelt_field_is_found(board, place):
    place(board)["titel"] = "x"
    assert read_and_written(board) != without_nothing(board)


def test_panels_fit_and_can_be_told_apart(board):
    seen = set()
    for panel in panels_of(board):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & seen, panel["title"]
        seen |= cells
        assert panel["description"].endswith(".")
        assert panel["datasource"]["uid"] == "${datasource}"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert [it["name"] for it in board["templating"]["list"]] == ["datasource", "namespace", "job"]


def test_queries_are_of_series_that_exist_and_of_the_chosen_deployment(board):
    for title, expression in expressions(board):
        for selector in selectors(expression)[0] if "ALERTS" in expression else check_expression(expression):
            names = {matcher.name for matcher in selector.matchers.matchers}
            assert {"namespace", "job"} <= names, f"{title}: {expression}"


def test_panels_are_found_by_their_title(board):
    titles = [panel["title"] for panel in panels_of(board)]
    assert len(set(titles)) == len(titles)
