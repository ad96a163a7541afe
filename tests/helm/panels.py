"""Panels of a dashboard, and their queries as Grafana would send them."""

# What a reader who changed nothing has: everything, and a rate over a few scrapes.
VARIABLES = {"$namespace": ".*", "$job": ".*", "$__rate_interval": "10s"}


def panels_of(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def filled(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


def expressions(board):
    return [(panel["title"], filled(target["expr"])) for panel in panels_of(board) for target in panel["targets"]]
